//! What the document says of each operation.

use crate::openapi::{IDEMPOTENCY_KEY, Kind, Operation, Parameter, Takes};

/// Where a list goes on.
const PAGE: &[Parameter] = &[
    Parameter {
        name: "after",
        kind: Kind::Text,
        required: false,
        what: "`next` of the page before",
    },
    Parameter { name: "limit", kind: Kind::Number(1, 200), required: false, what: "" },
];
/// The version a change was made from.
const SEEN: &[Parameter] = &[Parameter {
    name: "If-Match",
    kind: Kind::Header(None),
    required: true,
    what: "`version` of the client as it was seen, in quotes: the `ETag` of that answer",
}];
const KEY: &[Parameter] = &[IDEMPOTENCY_KEY];

const CLIENTS: &str = "admin.clients";
const PERSONS: &str = "admin.persons";
const KEYS: &str = "admin.keys";
const REGISTRATIONS: &str = "admin.registrations";

pub(super) const LIST_CLIENTS: Operation = Operation {
    method: "get",
    id: "listClients",
    summary: "Clients of this operator by id",
    scope: CLIENTS,
    takes: Takes::Asked(PAGE),
    answers: &[(200, "Clients")],
    errors: &["field.malformed"],
};

pub(super) const SHOW_CLIENT: Operation = Operation {
    method: "get",
    id: "showClient",
    summary: "One client",
    scope: CLIENTS,
    takes: Takes::Nothing,
    answers: &[(200, "Client")],
    errors: &["client.unknown"],
};

pub(super) const CREATE_CLIENT: Operation = Operation {
    method: "put",
    id: "createClient",
    summary: "Makes a service; its secret is shown once; the same again changes nothing",
    scope: CLIENTS,
    takes: Takes::Body("ClientDraft"),
    answers: &[(200, "CreatedClient"), (201, "CreatedClient")],
    errors: &[
        "client.exists",
        "client.not_for_admins",
        "client.id_malformed",
        "client.id_taken",
        "client.name_missing",
        "client.redirect_uri_malformed",
        "client.grant_not_allowed",
        "client.scope_not_allowed",
        "client.keys_malformed",
        "client.proof_differs",
        "client.sector_missing",
        "client.exemption_not_allowed",
        "client.logout_uri_malformed",
        "client.logout_twice",
        "client.origin_malformed",
        "client.refresh_unbound",
        "client.request_keys_missing",
        "client.certificate_name",
        "client.fapi_not_met",
    ],
};

pub(super) const CHANGE_CLIENT: Operation = Operation {
    method: "patch",
    id: "changeClient",
    summary: "Changes the terms of a service; what is left out stays",
    scope: CLIENTS,
    takes: Takes::With(SEEN, "ClientEdit"),
    answers: &[(200, "CreatedClient")],
    errors: &[
        "client.unknown",
        "client.not_for_admins",
        "client.changed_meanwhile",
        "field.required",
        "client.name_missing",
        "client.redirect_uri_malformed",
        "client.grant_not_allowed",
        "client.scope_not_allowed",
        "client.keys_malformed",
        "client.proof_differs",
        "client.sector_missing",
        "client.exemption_not_allowed",
        "client.logout_uri_malformed",
        "client.logout_twice",
        "client.origin_malformed",
        "client.refresh_unbound",
        "client.request_keys_missing",
        "client.certificate_name",
        "client.fapi_not_met",
    ],
};

pub(super) const DISABLE_CLIENT: Operation = Operation {
    method: "post",
    id: "disableClient",
    summary: "Takes a client out of service: it and all its tokens are refused at once",
    scope: CLIENTS,
    takes: Takes::Nothing,
    answers: &[(200, "Changed")],
    errors: &["client.unknown", "client.not_for_admins"],
};

pub(super) const ENABLE_CLIENT: Operation = Operation {
    method: "post",
    id: "enableClient",
    summary: "Puts a client back into service; everything is as it was",
    scope: CLIENTS,
    takes: Takes::Nothing,
    answers: &[(200, "Changed")],
    errors: &["client.unknown", "client.not_for_admins"],
};

pub(super) const RENEW_SECRET: Operation = Operation {
    method: "post",
    id: "renewSecret",
    summary: "Gives a client another secret; the old one is worthless at once",
    scope: CLIENTS,
    takes: Takes::Asked(KEY),
    answers: &[(200, "Secret")],
    errors: &[
        "client.unknown",
        "client.not_for_admins",
        "client.secret_none",
        "field.required",
        "field.too_long",
        "request.reused",
    ],
};

pub(super) const SHOW_PERSON: Operation = Operation {
    method: "get",
    id: "showPerson",
    summary: "What the station sees of a member: no name, no login id, no number to call",
    scope: PERSONS,
    takes: Takes::Nothing,
    answers: &[(200, "Person")],
    errors: &["contract.unknown", "person.unknown", "field.malformed"],
};

pub(super) const LIST_SESSIONS: Operation = Operation {
    method: "get",
    id: "listSessions",
    summary: "Where a member is signed in, up to 200 browsers and 200 devices",
    scope: PERSONS,
    takes: Takes::Nothing,
    answers: &[(200, "Sessions")],
    errors: &["contract.unknown", "person.unknown", "field.malformed"],
};

pub(super) const END_SESSIONS: Operation = Operation {
    method: "post",
    id: "endSessions",
    summary: "Ends everything a member is signed in with, or one session",
    scope: PERSONS,
    takes: Takes::BodyIfAny("EndSessions"),
    answers: &[(200, "Ended")],
    errors: &["contract.unknown", "person.unknown", "session.unknown", "field.malformed"],
};

pub(super) const DISABLE_PERSON: Operation = Operation {
    method: "post",
    id: "disablePerson",
    summary: "Shuts a member out until they are enabled; sessions work again afterwards",
    scope: PERSONS,
    takes: Takes::BodyIfAny("DisablePerson"),
    answers: &[(200, "Held")],
    errors: &[
        "contract.unknown",
        "contract.stopped",
        "person.unknown",
        "hold.reason_unknown",
        "field.malformed",
    ],
};

pub(super) const ENABLE_PERSON: Operation = Operation {
    method: "post",
    id: "enablePerson",
    summary: "Lifts the station's holds on a member; those of the SMS and of the owner stay",
    scope: PERSONS,
    takes: Takes::Nothing,
    answers: &[(200, "Held")],
    errors: &["contract.unknown", "contract.stopped", "person.unknown", "field.malformed"],
};

pub(super) const UNLOCK_PERSON: Operation = Operation {
    method: "post",
    id: "unlockPerson",
    summary: "Ends a member's lock-out after wrong tries, and forgets them",
    scope: PERSONS,
    takes: Takes::Nothing,
    answers: &[(200, "Changed")],
    errors: &["contract.unknown", "person.unknown", "field.malformed"],
};

pub(super) const HAND_CODE: Operation = Operation {
    method: "post",
    id: "handRegistrationCode",
    summary: "Makes a code, good for an hour, with which the member in front of you registers; earlier ones are worthless",
    scope: REGISTRATIONS,
    takes: Takes::Body("HandCode"),
    answers: &[(200, "HandedCode")],
    errors: &[
        "contract.unknown",
        "contract.stopped",
        "person.unknown",
        "person.registered",
        "field.malformed",
    ],
};

pub(super) const LIST_KEYS: Operation = Operation {
    method: "get",
    id: "listKeys",
    summary: "The signing keys that are published",
    scope: KEYS,
    takes: Takes::Nothing,
    answers: &[(200, "Keys")],
    errors: &[],
};

pub(super) const ROTATE_KEYS: Operation = Operation {
    method: "post",
    id: "rotateKeys",
    summary: "Announces the next signing keys; they sign a day later",
    scope: KEYS,
    takes: Takes::Nothing,
    answers: &[(200, "Changed")],
    errors: &[],
};

pub(super) const WITHDRAW_KEY: Operation = Operation {
    method: "post",
    id: "withdrawKey",
    summary: "This key is known to others: all keys are replaced now, and every token alive is refused, the caller's too",
    scope: KEYS,
    takes: Takes::Nothing,
    answers: &[(200, "Changed")],
    errors: &["signing_key.unknown"],
};
