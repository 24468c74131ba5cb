//! Requests in the clerk's words: which part of the product an address belongs to.

/// Parts of the product: the word in an address, the key of its name, and the paths that belong to it, below the station or not.
pub const AREAS: [(&str, &str, &[&str]); 7] = [
    ("sign-in", "console.area.sign_in", SIGN_IN),
    ("own", "console.area.own", OWN),
    ("console", "console.area.console", CONSOLE),
    ("services", "console.area.services", SERVICES),
    ("watching", "console.area.watching", WATCHING),
    ("sms", "console.area.sms", SMS),
    ("programs", "console.area.programs", PROGRAMS),
];

const SIGN_IN: &[&str] = &[
    "/authorize",
    "/signin",
    "/signin/operator",
    "/signin/password",
    "/signin/passkey",
    "/signin/passkey/ask",
    "/signin/letter",
    "/signin/no-password",
    "/signin/account",
    "/signin/forgotten",
    "/signin/recovery",
    "/signin/approved",
    "/signin/television",
    "/signin/box",
    "/signin/renewal",
    "/signin/second",
    "/signin/consent",
    "/signin/stay",
    "/signin/go",
    "/signin/language",
    "/invitation",
    "/first",
    "/device",
    "/logout",
    "/logout/confirm",
];
const OWN: &[&str] = &[
    "/me",
    "/me/watch",
    "/me/history",
    "/me/data",
    "/me/view",
    "/me/help",
    "/logo/{logo}",
    "/assets/look/{colours}",
    "/security",
    "/services",
    "/sessions",
    "/contacts",
    "/pins",
    "/family",
    "/family/{member}",
    "/family/{member}/watched",
    "/household",
    "/passkeys",
    "/passkeys/ask",
];
const CONSOLE: &[&str] = &[
    "/console",
    "/console/platform",
    "/console/platform/stations/{station}",
    "/console/{operator}",
    "/console/{operator}/sign-in",
    "/console/{operator}/sign-in/passkey",
    "/console/{operator}/sign-in/passkey/ask",
    "/console/{operator}/security",
    "/console/{operator}/security/ask",
    "/console/{operator}/sign-out",
    "/console/{operator}/join",
    "/console/{operator}/contracts",
    "/console/{operator}/contracts/{number}",
    "/console/{operator}/contracts/{number}/timeline",
    "/console/{operator}/contracts/{number}/persons/{person_no}",
    "/console/{operator}/files",
    "/console/{operator}/files/{file}",
    "/console/{operator}/files/{file}/result",
    "/console/{operator}/bulk",
    "/console/{operator}/bulk/new",
    "/console/{operator}/bulk/{bulk}",
    "/console/{operator}/bulk/{bulk}/result",
    "/console/{operator}/why",
    "/console/{operator}/today",
    "/console/{operator}/unregistered",
    "/console/{operator}/logs",
    "/console/{operator}/masters",
    "/console/{operator}/masters/products/new",
    "/console/{operator}/masters/products/{product}",
    "/console/{operator}/masters/policies",
    "/console/{operator}/masters/linkage",
    "/console/{operator}/masters/services",
    "/console/{operator}/masters/services/{client}",
    "/console/{operator}/masters/format",
    "/console/{operator}/masters/look",
    "/console/{operator}/masters/look/logo",
    "/console/{operator}/launch",
    "/console/{operator}/staff",
    "/console/{operator}/staff/{staff}",
];
const SERVICES: &[&str] = &[
    "/par",
    "/token",
    "/userinfo",
    "/revoke",
    "/introspect",
    "/device_authorization",
    "/tv_code",
    "/jwks",
    "/register",
    "/register/{client_id}",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/o/{operator}",
    "/.well-known/webauthn",
];
const WATCHING: &[&str] = &[
    "/access/v1/evaluation",
    "/access/v1/evaluations",
    "/access/v1/search/resource",
    "/vod/v1/plays",
    "/.well-known/authzen-configuration",
    "/.well-known/authzen-configuration/o/{operator}",
];
const SMS: &[&str] = &[
    "/sms/v1/contracts/{number}/commands",
    "/sms/v1/commands:batch",
    "/sms/v1/contracts/{number}",
    "/sms/v1/contracts/{number}/persons",
    "/sms/v1/contracts/{number}/keys",
    "/sms/v1/contracts/{number}/why",
];
const PROGRAMS: &[&str] = &[
    "/admin/v1/clients",
    "/admin/v1/clients/{id}",
    "/admin/v1/clients/{id}/disable",
    "/admin/v1/clients/{id}/enable",
    "/admin/v1/clients/{id}/secret",
    "/admin/v1/contracts/{number}/persons/{person_no}",
    "/admin/v1/contracts/{number}/persons/{person_no}/sessions",
    "/admin/v1/contracts/{number}/persons/{person_no}/end-sessions",
    "/admin/v1/contracts/{number}/persons/{person_no}/disable",
    "/admin/v1/contracts/{number}/persons/{person_no}/enable",
    "/admin/v1/contracts/{number}/persons/{person_no}/unlock",
    "/admin/v1/contracts/{number}/persons/{person_no}/registration-code",
    "/admin/v1/keys",
    "/admin/v1/keys/rotate",
    "/admin/v1/keys/{kid}/withdraw",
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const STATION: &str = "/o/{operator}";

/// The key of the part a request belongs to, as the access log names its route.
pub fn name_of(route: &str) -> &'static str {
    let path = route.split_once(' ').map_or(route, |(_, path)| path);
    let path = path.strip_prefix(STATION).unwrap_or(path);
    let area = AREAS.iter().find(|(.., paths)| paths.contains(&path));
    area.map_or("console.area.other", |(_, key, _)| key)
}

/// Every route of a part, as the access log names it; none: there is no such part.
pub fn routes_of(word: &str) -> Option<Vec<String>> {
    let (.., paths) = AREAS.iter().find(|(known, ..)| *known == word)?;
    let all = METHODS.iter().flat_map(|method| {
        ["", STATION]
            .iter()
            .flat_map(move |below| paths.iter().map(move |path| format!("{method} {below}{path}")))
    });
    Some(all.collect())
}
