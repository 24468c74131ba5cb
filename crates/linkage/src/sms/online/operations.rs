//! What the document says of each operation.

use crate::openapi::{IDEMPOTENCY_KEY, Kind, Operation, Parameter, Takes};

const SCOPE: &str = "sms";

const GIVEN: &[Parameter] = &[
    IDEMPOTENCY_KEY,
    Parameter {
        name: "If-Match",
        kind: Kind::Header(None),
        required: false,
        what: "Only if the contract is at this version, as `ETag` said it",
    },
];
const WHICH: &[Parameter] = &[Parameter {
    name: "gen",
    kind: Kind::Number(0, 99),
    required: false,
    what: "A generation of the contract; without it the latest",
}];
const WHY: &[Parameter] = &[
    Parameter {
        name: "resource",
        kind: Kind::Text,
        required: true,
        what: "`title:T0001`, `channel:101`, `product:PACK1`",
    },
    Parameter {
        name: "person_no",
        kind: Kind::Number(1, 999),
        required: false,
        what: "The person; without it the household",
    },
    Parameter { name: "action", kind: Kind::Text, required: false, what: "`view` without it" },
];

/// What a command may be refused with.
const REFUSALS: &[&str] = &[
    "age.proof_unknown",
    "contract.cannot_resume_stopped",
    "contract.generation_in_use",
    "contract.generation_invalid",
    "contract.nothing_to_cancel",
    "contract.number_stopped",
    "contract.replace_target_invalid",
    "contract.stopped",
    "contract.unit_unknown",
    "contract.unknown",
    "contract.version_differs",
    "credit.rank_unknown",
    "date.malformed",
    "device.in_use",
    "device.key_malformed",
    "device.serial_malformed",
    "device.text_malformed",
    "device.too_many",
    "device.unknown",
    "field.differs",
    "field.malformed",
    "field.not_for_operation",
    "field.required",
    "field.too_long",
    "hold.reason_unknown",
    "job.nothing_to_cancel",
    "key.period_invalid",
    "operation.unknown",
    "person.number_invalid",
    "person.number_used",
    "person.role_unknown",
    "person.sole_owner",
    "person.stopped",
    "person.suspended",
    "person.too_many",
    "person.unknown",
    "postal_code.malformed",
    "product.needs_adult_proof",
    "product.not_sold",
    "product.unknown",
    "rating.unknown",
    "request.reused",
    "store.changed_meanwhile",
    "store.duplicate",
    "telephone.malformed",
    "time.malformed",
    "version.malformed",
];

pub(super) const GIVE_COMMAND: Operation = Operation {
    method: "post",
    id: "giveCommand",
    summary: "One command, done once however often it is sent",
    scope: SCOPE,
    takes: Takes::With(GIVEN, "Command"),
    answers: &[(200, "Report"), (202, "Report")],
    errors: REFUSALS,
};

pub(super) const GIVE_COMMANDS: Operation = Operation {
    method: "post",
    id: "giveCommands",
    summary: "Up to 1000 commands, each answered for itself",
    scope: SCOPE,
    takes: Takes::Body("Commands"),
    answers: &[(200, "Reports")],
    errors: &["batch.too_many"],
};

pub(super) const SHOW_CONTRACT: Operation = Operation {
    method: "get",
    id: "showContract",
    summary: "A contract",
    scope: SCOPE,
    takes: Takes::Asked(WHICH),
    answers: &[(200, "Contract")],
    errors: READING,
};

pub(super) const LIST_PERSONS: Operation = Operation {
    method: "get",
    id: "listPersons",
    summary: "Who belongs to a contract, and how each stands",
    scope: SCOPE,
    takes: Takes::Asked(WHICH),
    answers: &[(200, "Persons")],
    errors: READING,
};

pub(super) const LIST_KEYS: Operation = Operation {
    method: "get",
    id: "listKeys",
    summary: "What a contract may use",
    scope: SCOPE,
    takes: Takes::Asked(WHICH),
    answers: &[(200, "Keys")],
    errors: READING,
};

const READING: &[&str] = &["contract.unknown", "field.malformed"];

pub(super) const ASK_WHY: Operation = Operation {
    method: "get",
    id: "askWhy",
    summary: "May they watch this now, and if not, by which facts",
    scope: SCOPE,
    takes: Takes::Asked(WHY),
    answers: &[(200, "Why")],
    errors: &["field.required", "decision.action_unknown", "product.reference_malformed"],
};
