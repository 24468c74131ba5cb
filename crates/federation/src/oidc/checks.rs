//! The checks of an authorization request, in the order of the specifications.
//!
//! Before the client and its redirect address are known to be right, a fault is shown to the person
//! as a page; afterwards the service is told through the browser (RFC 6749 §4.1.2.1). Parameters
//! nobody knows are passed over.

use std::sync::Arc;

use base::kernel::{Error, Result};
use domain::clients::{Client, ClientKind, Grant, Pkce};
use domain::signin::{Request, ResponseMode, Wanted};
use domain::signing::Issuer;
use formats::jose::is_pkce_challenge;
use formats::oauth::Parameters;
use web::Language;

use super::Provider;
use super::answers::Refused;
use super::hints::hint_of;
use super::wanted::wanted_of;

/// Longest `state` and `nonce`: longer ones are somebody's mistake, and would be kept.
const LONGEST: usize = 2048;

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The client pushed it, signed if it has to be.
    Pushed,
    /// The client is pushing it, not signed.
    Pushing,
    /// The browser brought it whole, signed by the client.
    Signed,
    /// The browser brought it whole.
    Browser,
}

/// A request whose client and redirect address are right.
pub(super) struct Asked<'a> {
    pub(super) parameters: &'a Parameters<'a>,
    pub(super) client: Arc<Client>,
    pub(super) redirect_uri: &'a str,
    pub(super) way: Way,
    issuer: &'a Issuer,
    /// The person its `id_token_hint` is about; `Err`: it brought one that is worth nothing.
    hinted: std::result::Result<Option<String>, ()>,
}

/// Finds the client and holds its redirect address against the registered ones.
///
/// # Errors
/// `authorize.client_unknown`, `authorize.redirect_uri_differs`
///
/// Source: RFC 6749 §3.1.2, §4.1.1.
pub(super) fn identify<'a>(
    provider: &Provider,
    issuer: &'a Issuer,
    (parameters, way): (&'a Parameters<'a>, Way),
) -> Result<Asked<'a>> {
    let unknown = || Error::invalid("authorize.client_unknown", "client_id");
    let id = parameters.get("client_id").ok_or_else(unknown)?;
    let found = provider.clients.find(issuer.operator(), id)?.ok_or_else(unknown)?;
    let client = found.client;
    if client.terms.kind != ClientKind::Service {
        return Err(unknown());
    }
    let differs = || Error::invalid("authorize.redirect_uri_differs", "redirect_uri");
    let asked = parameters.get("redirect_uri").ok_or_else(differs)?;
    if !client.is_own_address(asked) {
        return Err(differs());
    }
    let hinted = match parameters.get("id_token_hint") {
        None => Ok(None),
        Some(token) => {
            let hint = hint_of(provider, issuer, token)?.filter(|hint| hint.aud == client.id);
            hint.map(|hint| Some(hint.sub)).ok_or(())
        }
    };
    Ok(Asked { parameters, client, redirect_uri: asked, way, issuer, hinted })
}

type Check = fn(&Asked<'_>) -> std::result::Result<(), Refused>;

/// Every check and where it stands.
const CHECKS: &[(&str, Check)] = &[
    ("RFC 9126 §6; FAPI 2.0 Security Profile §5.3.2.2", pushed),
    ("RFC 9101 §10.5", signed),
    ("OpenID Connect Core §6, §3.1.2.6", no_request_object),
    ("RFC 6749 §4.1.1, §3.1.1", response_type),
    ("OAuth 2.0 Multiple Response Types §2.1; Form Post Response Mode §2", response_mode),
    ("RFC 6749 §4.1.2.1 unauthorized_client", grant),
    ("OpenID Connect Core §3.1.2.1 scope", scope),
    ("RFC 8707 §2.1", resource),
    ("RFC 7636 §4.3, §4.4.1; RFC 9700 §2.1.1", pkce),
    ("RFC 9449 §10", key),
    ("OpenID Connect Core §3.1.2.1 nonce; RFC 6749 §4.1.1 state", lengths),
    ("OpenID Connect Core §3.1.2.1 prompt", prompt),
    ("OpenID Connect Core §3.1.2.1 max_age", max_age),
    ("OpenID Connect Core §3.1.2.1 id_token_hint", hint),
    ("OpenID Connect Core §3.1.2.1 acr_values, §5.5 claims", wishes),
];

/// Runs all checks; the first that fails is told.
pub(super) fn check(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    CHECKS.iter().try_for_each(|(source, check)| {
        check(asked).inspect_err(|refused| {
            tracing::info!(client = %asked.client.id, error = refused.error, source, "not asked well");
        })
    })
}

const fn refuse(
    error: &'static str,
    description: &'static str,
) -> std::result::Result<(), Refused> {
    Err(Refused { error, description })
}

fn pushed(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    if matches!(asked.way, Way::Browser | Way::Signed) && asked.client.has_to_push() {
        return refuse("invalid_request", "the client has to push its requests");
    }
    Ok(())
}

fn signed(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    let unsigned = matches!(asked.way, Way::Browser | Way::Pushing);
    if unsigned && asked.client.terms.profile.require_signed_request {
        return refuse("invalid_request", "the client has to sign its requests");
    }
    Ok(())
}

/// What a client signed is opened before; here stand those of clients without keys, and addresses.
fn no_request_object(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    if asked.parameters.get("request").is_some() {
        return refuse("request_not_supported", "request");
    }
    if asked.parameters.get("request_uri").is_some() {
        return refuse("request_uri_not_supported", "request_uri");
    }
    Ok(())
}

fn response_type(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    match asked.parameters.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => refuse("unsupported_response_type", "response_type"),
        None => refuse("invalid_request", "response_type is missing"),
    }
}

fn response_mode(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    match asked.parameters.get("response_mode") {
        None | Some("query") => Ok(()),
        Some("form_post") if is_posted(asked) => Ok(()),
        Some(_) => refuse("invalid_request", "response_mode"),
    }
}

/// A form is posted to the web only: an application's own scheme takes none.
fn is_posted(asked: &Asked<'_>) -> bool {
    let web = ["https://", "http://"].iter().any(|start| asked.redirect_uri.starts_with(start));
    web && asked.parameters.get("response_mode") == Some("form_post")
}

/// How the answer to `asked` goes back, a refusal too; by query, when what was asked for is not offered.
pub(super) fn mode_of(asked: &Asked<'_>) -> ResponseMode {
    if is_posted(asked) { ResponseMode::FormPost } else { ResponseMode::Query }
}

fn grant(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    if asked.client.may(Grant::AuthorizationCode) {
        return Ok(());
    }
    refuse("unauthorized_client", "the client is not registered for authorization_code")
}

fn scope(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    let wanted = asked.parameters.get("scope").unwrap_or_default();
    let given = asked.client.scopes_of(wanted);
    if wanted.split(' ').any(|one| one == "openid") && given.split(' ').any(|one| one == "openid") {
        return Ok(());
    }
    refuse("invalid_scope", "scope has no openid, or the client may not have it")
}

fn resource(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    match asked.parameters.get("resource") {
        Some(named) if !asked.issuer.is_resource(named) => refuse("invalid_target", "resource"),
        _ => Ok(()),
    }
}

fn pkce(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    let method = asked.parameters.get("code_challenge_method");
    match asked.parameters.get("code_challenge") {
        Some(challenge) if method == Some("S256") => {
            if is_pkce_challenge(challenge) {
                return Ok(());
            }
            refuse("invalid_request", "code_challenge is no S256 challenge")
        }
        Some(_) => refuse("invalid_request", "code_challenge_method must be S256"),
        None if method.is_some() => refuse("invalid_request", "code_challenge is missing"),
        None => match asked.client.terms.pkce {
            Pkce::ExemptWithNonce if asked.parameters.get("nonce").is_some() => Ok(()),
            Pkce::ExemptWithNonce => {
                refuse("invalid_request", "code_challenge or nonce is missing")
            }
            Pkce::Required => refuse("invalid_request", "code_challenge is missing"),
        },
    }
}

/// A thumbprint has the form of a challenge: 32 bytes, base64url.
fn key(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    match asked.parameters.get("dpop_jkt") {
        Some(jkt) if !is_pkce_challenge(jkt) => refuse("invalid_request", "dpop_jkt"),
        _ => Ok(()),
    }
}

fn lengths(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    let long = |name| asked.parameters.get(name).is_some_and(|value| value.len() > LONGEST);
    if long("state") || long("nonce") {
        return refuse("invalid_request", "state or nonce is longer than 2048 bytes");
    }
    Ok(())
}

fn prompt(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    let prompts = asked.parameters.get("prompt").unwrap_or_default();
    let several = prompts.split(' ').count() > 1;
    if several && prompts.split(' ').any(|one| one == "none") {
        return refuse("invalid_request", "prompt none stands alone");
    }
    Ok(())
}

fn max_age(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    match asked.parameters.get("max_age").map(str::parse::<u32>) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(_)) => refuse("invalid_request", "max_age"),
    }
}

fn hint(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    if asked.hinted.is_err() {
        return refuse("invalid_request", "id_token_hint is no ID token of ours for this client");
    }
    Ok(())
}

fn wishes(asked: &Asked<'_>) -> std::result::Result<(), Refused> {
    wanted(asked).map(drop)
}

fn wanted(asked: &Asked<'_>) -> std::result::Result<Wanted, Refused> {
    let hinted = asked.hinted.as_ref().ok().and_then(Option::as_deref);
    wanted_of(asked.parameters, hinted)
}

/// How the service wants the person asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    /// A session is enough; without one, ask.
    WhenNeeded,
    /// Ask in any case.
    Always,
    /// Ask who is signed in whether it is they who shall go on; without a session, ask.
    Choose,
    /// Never ask.
    Never,
}

/// A request that passed every check.
pub(super) struct Passed {
    pub(super) request: Request,
    pub(super) client: Arc<Client>,
    pub(super) prompt: Prompt,
    pub(super) max_age: Option<i64>,
}

/// What is kept of a request that passed.
pub(super) fn keep(issuer: &Issuer, asked: &Asked<'_>) -> Passed {
    let get = |name| asked.parameters.get(name).map(str::to_owned);
    let prompts = asked.parameters.get("prompt").unwrap_or_default();
    let has = |wanted: &str| prompts.split(' ').any(|one| one == wanted);
    let prompt = match () {
        () if has("none") => Prompt::Never,
        () if has("login") => Prompt::Always,
        () if has("select_account") => Prompt::Choose,
        () => Prompt::WhenNeeded,
    };
    let language = asked.parameters.get("ui_locales").and_then(Language::of_list);
    let request = Request {
        issuer: issuer.operator().to_owned(),
        client_id: asked.client.id.clone(),
        redirect_uri: asked.redirect_uri.to_owned(),
        scope: asked.client.scopes_of(asked.parameters.get("scope").unwrap_or_default()),
        state: get("state"),
        nonce: get("nonce"),
        challenge: get("code_challenge"),
        dpop_jkt: get("dpop_jkt").map(String::into_boxed_str),
        login_hint: get("login_hint").filter(|hint| hint.len() <= 256),
        language: language.map(|language| language.tag().into()),
        mode: mode_of(asked),
        ask_consent: has("consent"),
        wanted: wanted(asked).ok().filter(|wanted| !wanted.is_empty()).map(Box::new),
    };
    Passed {
        request,
        client: Arc::clone(&asked.client),
        prompt,
        max_age: asked.parameters.get("max_age").and_then(|seconds| seconds.parse().ok()),
    }
}
