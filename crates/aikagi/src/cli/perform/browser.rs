//! A code from somebody's browser, which comes back to a port of this machine.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use base::kernel::ids;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use formats::jose::pkce_s256_challenge;
use formats::oauth::Parameters;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Sender, channel};

use super::provider::{Provider, address, told_tokens};
use super::{Caller, step};
use crate::failure::Failure;
use crate::output;

/// How long a browser may take to read that it can be closed.
const GOODBYE: Duration = Duration::from_secs(2);

/// What belongs to one sign-in, and proves that the answer does.
struct Pending {
    redirect_uri: String,
    state: String,
    nonce: String,
    verifier: String,
}

fn random() -> String {
    URL_SAFE_NO_PAD.encode(ids::secret_bytes())
}

pub(super) async fn perform(
    provider: &Provider,
    caller: &Caller,
    port: u16,
) -> Result<(), Failure> {
    let unusable = |error: std::io::Error| Failure::unavailable("a port of this machine", error);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(unusable)?;
    let own = listener.local_addr().map_err(unusable)?;
    let redirect_uri = format!("http://{own}/callback");
    let (state, nonce, verifier) = (random(), random(), random());
    let pending = Pending { redirect_uri, state, nonce, verifier };
    let url = authorization_address(provider, caller, &pending)?;
    let (sender, mut came) = channel(1);
    let router = Router::new().route("/callback", get(back)).with_state(Arc::new(sender));
    let (answered, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        let _ended_or_dropped = ended.await;
    });
    let serving = tokio::spawn(serving.into_future());
    step(format!("waiting at {} for {} s; open this address:", pending.redirect_uri, caller.wait));
    output::line(url);
    let query = tokio::time::timeout(caller.patience(), came.recv()).await;
    drop(answered);
    // The browser is to read its answer before this program may end, and can not hold it up.
    let _in_time = tokio::time::timeout(GOODBYE, serving).await;
    let query = query
        .ok()
        .flatten()
        .ok_or_else(|| Failure::Refused("nobody came back in time".to_owned()))?;
    let code = code_of(provider, &pending, &query, &caller.issuer)?;
    step("a code came back, for this request and from this issuer");
    let tokens = provider
        .tokens(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &pending.redirect_uri),
            ("code_verifier", &pending.verifier),
        ])
        .await?;
    told_tokens(&tokens);
    provider.told_person(&tokens, Some(&pending.nonce)).await?;
    step("done");
    Ok(())
}

fn authorization_address(
    provider: &Provider,
    caller: &Caller,
    pending: &Pending,
) -> Result<url::Url, Failure> {
    let endpoint = provider.metadata.authorization_endpoint.as_deref();
    let endpoint = endpoint
        .ok_or_else(|| Failure::Refused("no authorization_endpoint is there".to_owned()))?;
    let mut url = address(endpoint)?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &caller.client)
        .append_pair("redirect_uri", &pending.redirect_uri)
        .append_pair("scope", caller.personal_scope())
        .append_pair("state", &pending.state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &pkce_s256_challenge(&pending.verifier))
        .append_pair("code_challenge_method", "S256");
    Ok(url)
}

/// `GET /callback` on this machine: what the browser brought.
async fn back(
    State(sender): State<Arc<Sender<String>>>,
    RawQuery(query): RawQuery,
) -> &'static str {
    // Only the first one counts; a browser may ask twice.
    let _first_is_enough = sender.try_send(query.unwrap_or_default());
    "この画面は閉じてかまいません。 / You can close this page.\n"
}

/// The code of the answer to this request; none of another request or issuer.
///
/// Source: RFC 6749 §4.1.2, §10.12; RFC 9207 §2.4.
fn code_of(
    provider: &Provider,
    pending: &Pending,
    query: &str,
    issuer: &str,
) -> Result<String, Failure> {
    let unreadable = |_| Failure::Refused("what came back can not be read".to_owned());
    let answer = Parameters::parse(query.as_bytes()).map_err(unreadable)?;
    if answer.get("state") != Some(pending.state.as_str()) {
        return Err(Failure::Refused(
            "an answer to another request came back: state differs".to_owned(),
        ));
    }
    let named = answer.get("iss");
    let must_name = provider.metadata.authorization_response_iss_parameter_supported;
    if (must_name || named.is_some()) && named != Some(issuer.trim_end_matches('/')) {
        return Err(Failure::Refused("the answer is another issuer's: iss differs".to_owned()));
    }
    if let Some(error) = answer.get("error") {
        let why = answer.get("error_description").unwrap_or_default();
        return Err(Failure::refused(format!("the authorization endpoint says {error} {why}")));
    }
    let code = answer.get("code").map(str::to_owned);
    code.ok_or_else(|| Failure::Refused("neither a code nor an error came back".to_owned()))
}
