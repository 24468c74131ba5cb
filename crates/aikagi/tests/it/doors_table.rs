//! Every route of both listeners, and what it asks of its callers: for `doors.rs`, `house/routes.rs`, `discovery.rs`.

/// Below which addresses a route lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// The platform's, or nobody's.
    Platform,
    /// Each operator's: the pattern says where.
    Operator,
    /// Both: as it is, and below `/o/{operator}`.
    Both,
}

/// What a route asks of its callers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// Nothing: it says the same to everybody.
    Open,
    /// An access token of an SMS, of a service, or of a person.
    Sms,
    Service,
    Person,
    /// An access token of a program that administers.
    Admin,
    /// A client's own proof, in the form.
    Client,
    /// A token to register with; and the one a client that registered itself manages that with.
    Registering,
    Registered,
    /// A letter, in the query.
    Letter,
    /// A service that is known here, named in the query.
    Known,
    /// A sign-in's ticket and the cookie of the browser that began it.
    Ticket,
    /// A browser's session, if there is one; else a sign-in begins.
    Browser,
    /// A browser's session; it is a script that asks, and the page begins the sign-in.
    Session,
    /// A session at the station's console; without one a page asks who is there.
    Staff,
    /// Id and password, or an invitation, of somebody who works at a station.
    Trying,
    /// It is on the other listener.
    Operations,
}

pub struct Route(pub &'static str, pub At, pub &'static str, pub Guard);

pub const ROUTES: &[Route] = &[
    Route("GET", At::Platform, "style_path()", Guard::Open),
    Route("GET", At::Platform, "passkeys_script()", Guard::Open),
    Route("GET", At::Platform, "focus_script()", Guard::Open),
    Route("GET", At::Platform, "keys_script()", Guard::Open),
    Route("GET", At::Platform, "/assets/look/{colours}", Guard::Open),
    Route("GET", At::Operator, "/o/{operator}/logo/{logo}", Guard::Open),
    Route("GET", At::Platform, "/.well-known/oauth-authorization-server", Guard::Open),
    Route("GET", At::Operator, "/.well-known/oauth-authorization-server/o/{operator}", Guard::Open),
    Route("GET", At::Both, "/.well-known/openid-configuration", Guard::Open),
    Route("GET", At::Both, "/.well-known/webauthn", Guard::Open),
    Route("GET", At::Both, "/jwks", Guard::Open),
    Route("GET", At::Both, "/authorize", Guard::Known),
    Route("POST", At::Both, "/authorize", Guard::Known),
    Route("POST", At::Both, "/par", Guard::Client),
    Route("POST", At::Both, "/token", Guard::Client),
    Route("GET", At::Both, "/userinfo", Guard::Person),
    Route("POST", At::Both, "/userinfo", Guard::Person),
    Route("POST", At::Both, "/revoke", Guard::Client),
    Route("POST", At::Both, "/introspect", Guard::Client),
    Route("POST", At::Both, "/device_authorization", Guard::Client),
    Route("POST", At::Both, "/tv_code", Guard::Client),
    Route("POST", At::Operator, "/o/{operator}/register", Guard::Registering),
    Route("GET", At::Operator, "/o/{operator}/invitation", Guard::Letter),
    Route("GET", At::Operator, "/o/{operator}/first", Guard::Letter),
    Route("GET", At::Operator, "/o/{operator}/register/{client_id}", Guard::Registered),
    Route("PUT", At::Operator, "/o/{operator}/register/{client_id}", Guard::Registered),
    Route("DELETE", At::Operator, "/o/{operator}/register/{client_id}", Guard::Registered),
    Route("GET", At::Both, "/device", Guard::Browser),
    Route("POST", At::Both, "/device", Guard::Browser),
    Route("GET", At::Both, "/me", Guard::Browser),
    Route("GET", At::Both, "/me/watch", Guard::Browser),
    Route("GET", At::Both, "/me/data", Guard::Browser),
    Route("POST", At::Both, "/me/data", Guard::Browser),
    Route("POST", At::Both, "/me/view", Guard::Browser),
    Route("GET", At::Both, "/me/help", Guard::Open),
    Route("GET", At::Both, "/security", Guard::Browser),
    Route("POST", At::Both, "/security", Guard::Browser),
    Route("GET", At::Both, "/services", Guard::Browser),
    Route("POST", At::Both, "/services", Guard::Browser),
    Route("GET", At::Both, "/sessions", Guard::Browser),
    Route("POST", At::Both, "/sessions", Guard::Browser),
    Route("GET", At::Both, "/contacts", Guard::Browser),
    Route("POST", At::Both, "/contacts", Guard::Browser),
    Route("GET", At::Both, "/pins", Guard::Browser),
    Route("POST", At::Both, "/pins", Guard::Browser),
    Route("GET", At::Both, "/family", Guard::Browser),
    Route("POST", At::Both, "/family", Guard::Browser),
    Route("GET", At::Both, "/family/{member}", Guard::Browser),
    Route("POST", At::Both, "/family/{member}", Guard::Browser),
    Route("GET", At::Both, "/family/{member}/watched", Guard::Browser),
    Route("GET", At::Both, "/household", Guard::Browser),
    Route("POST", At::Both, "/household", Guard::Browser),
    Route("GET", At::Both, "/passkeys", Guard::Browser),
    Route("POST", At::Both, "/passkeys", Guard::Browser),
    Route("POST", At::Both, "/passkeys/ask", Guard::Session),
    Route("GET", At::Both, "/logout", Guard::Open),
    Route("POST", At::Both, "/logout", Guard::Known),
    Route("POST", At::Both, "/logout/confirm", Guard::Known),
    Route("GET", At::Both, "/signin", Guard::Ticket),
    Route("POST", At::Both, "/signin/operator", Guard::Ticket),
    Route("POST", At::Both, "/signin/password", Guard::Ticket),
    Route("POST", At::Both, "/signin/passkey", Guard::Ticket),
    Route("POST", At::Both, "/signin/passkey/ask", Guard::Ticket),
    Route("POST", At::Both, "/signin/letter", Guard::Ticket),
    Route("POST", At::Both, "/signin/account", Guard::Ticket),
    Route("POST", At::Both, "/signin/no-password", Guard::Ticket),
    Route("POST", At::Both, "/signin/forgotten", Guard::Ticket),
    Route("POST", At::Both, "/signin/recovery", Guard::Ticket),
    Route("POST", At::Both, "/signin/approved", Guard::Ticket),
    Route("POST", At::Both, "/signin/television", Guard::Ticket),
    Route("POST", At::Both, "/signin/box", Guard::Ticket),
    Route("POST", At::Both, "/signin/renewal", Guard::Ticket),
    Route("POST", At::Both, "/signin/second", Guard::Ticket),
    Route("POST", At::Both, "/signin/consent", Guard::Ticket),
    Route("POST", At::Both, "/signin/stay", Guard::Ticket),
    Route("POST", At::Both, "/signin/go", Guard::Ticket),
    Route("POST", At::Both, "/signin/language", Guard::Ticket),
    Route("GET", At::Platform, "/.well-known/authzen-configuration", Guard::Open),
    Route("GET", At::Operator, "/.well-known/authzen-configuration/o/{operator}", Guard::Open),
    Route("POST", At::Both, "/access/v1/evaluation", Guard::Service),
    Route("POST", At::Both, "/access/v1/evaluations", Guard::Service),
    Route("POST", At::Both, "/access/v1/search/resource", Guard::Service),
    Route("POST", At::Both, "/vod/v1/plays", Guard::Service),
    Route("POST", At::Operator, "/o/{operator}/sms/v1/contracts/{number}/commands", Guard::Sms),
    Route("POST", At::Operator, "/o/{operator}/sms/v1/commands:batch", Guard::Sms),
    Route("GET", At::Operator, "/o/{operator}/sms/v1/contracts/{number}", Guard::Sms),
    Route("GET", At::Operator, "/o/{operator}/sms/v1/contracts/{number}/persons", Guard::Sms),
    Route("GET", At::Operator, "/o/{operator}/sms/v1/contracts/{number}/keys", Guard::Sms),
    Route("GET", At::Operator, "/o/{operator}/sms/v1/contracts/{number}/why", Guard::Sms),
    Route("GET", At::Platform, "/console", Guard::Open),
    Route("GET", At::Operator, "/console/{operator}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/sign-in", Guard::Trying),
    Route("POST", At::Operator, "/console/{operator}/sign-in/passkey", Guard::Trying),
    Route("POST", At::Operator, "/console/{operator}/sign-in/passkey/ask", Guard::Trying),
    Route("GET", At::Operator, "/console/{operator}/security", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/security", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/security/ask", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/sign-out", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/join", Guard::Open),
    Route("POST", At::Operator, "/console/{operator}/join", Guard::Trying),
    Route("GET", At::Operator, "/console/{operator}/contracts", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/contracts/{number}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/contracts/{number}", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/files", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/files/{file}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/files/{file}", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/bulk", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/bulk/new", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/bulk/new", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters/products/new", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/masters/products/new", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters/products/{product}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/masters/products/{product}", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters/policies", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/masters/policies", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters/services", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters/services/{client}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/masters/services/{client}", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/masters/format", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/masters/format", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/bulk/{bulk}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/bulk/{bulk}", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/bulk/{bulk}/result", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/contracts/{number}/timeline", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/why", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/today", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/unregistered", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/today", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/logs", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/logs", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/launch", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/launch", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/staff", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/staff", Guard::Staff),
    Route("GET", At::Operator, "/console/{operator}/staff/{staff}", Guard::Staff),
    Route("POST", At::Operator, "/console/{operator}/staff/{staff}", Guard::Staff),
    Route("GET", At::Platform, "/openapi.json", Guard::Open),
    Route("GET", At::Platform, "/docs", Guard::Open),
    Route("GET", At::Platform, "/docs/{name}", Guard::Open),
    Route("GET", At::Platform, "/docs/{name}/{part}", Guard::Open),
    Route("GET", At::Both, "/admin/v1/clients", Guard::Admin),
    Route("GET", At::Both, "/admin/v1/clients/{id}", Guard::Admin),
    Route("PUT", At::Both, "/admin/v1/clients/{id}", Guard::Admin),
    Route("PATCH", At::Both, "/admin/v1/clients/{id}", Guard::Admin),
    Route("POST", At::Both, "/admin/v1/clients/{id}/disable", Guard::Admin),
    Route("POST", At::Both, "/admin/v1/clients/{id}/enable", Guard::Admin),
    Route("POST", At::Both, "/admin/v1/clients/{id}/secret", Guard::Admin),
    Route("GET", At::Both, "/admin/v1/contracts/{number}/persons/{person_no}", Guard::Admin),
    Route(
        "GET",
        At::Both,
        "/admin/v1/contracts/{number}/persons/{person_no}/sessions",
        Guard::Admin,
    ),
    Route(
        "POST",
        At::Both,
        "/admin/v1/contracts/{number}/persons/{person_no}/end-sessions",
        Guard::Admin,
    ),
    Route(
        "POST",
        At::Both,
        "/admin/v1/contracts/{number}/persons/{person_no}/disable",
        Guard::Admin,
    ),
    Route(
        "POST",
        At::Both,
        "/admin/v1/contracts/{number}/persons/{person_no}/enable",
        Guard::Admin,
    ),
    Route(
        "POST",
        At::Both,
        "/admin/v1/contracts/{number}/persons/{person_no}/unlock",
        Guard::Admin,
    ),
    Route(
        "POST",
        At::Both,
        "/admin/v1/contracts/{number}/persons/{person_no}/registration-code",
        Guard::Admin,
    ),
    Route("GET", At::Both, "/admin/v1/keys", Guard::Admin),
    Route("POST", At::Both, "/admin/v1/keys/rotate", Guard::Admin),
    Route("POST", At::Both, "/admin/v1/keys/{kid}/withdraw", Guard::Admin),
    Route("GET", At::Platform, "/livez", Guard::Operations),
    Route("GET", At::Platform, "/readyz", Guard::Operations),
    Route("GET", At::Platform, "/metrics", Guard::Operations),
];

/// Every pattern as it is mounted, with the place it is at.
pub fn mounted() -> Vec<(&'static str, String, Guard)> {
    let mut all = Vec::new();
    for Route(method, at, path, guard) in ROUTES {
        all.push((*method, (*path).to_owned(), *guard));
        if *at == At::Both {
            all.push((*method, format!("/o/{{operator}}{path}"), *guard));
        }
    }
    all
}
