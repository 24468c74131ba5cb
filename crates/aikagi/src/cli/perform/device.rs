//! A code that is typed elsewhere, as on a television.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::provider::{Denied, Provider, told_tokens};
use super::{Caller, step};
use crate::failure::Failure;
use crate::output;

/// Source: RFC 8628 §3.2; `confirmation_number` is ours (docs/api/tv.md).
#[derive(Deserialize)]
struct Given {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default = "usual_interval")]
    interval: u64,
    confirmation_number: Option<String>,
}

/// RFC 8628 §3.2: when the server does not say.
const fn usual_interval() -> u64 {
    5
}

pub(super) async fn perform(provider: &Provider, caller: &Caller) -> Result<(), Failure> {
    let endpoint = provider.metadata.device_authorization_endpoint.as_deref();
    let endpoint = endpoint
        .ok_or_else(|| Failure::Refused("no device_authorization_endpoint is there".to_owned()))?;
    let form = [("scope", caller.personal_scope()), ("device_model", "aikagi perform")];
    let given: Given = provider.ask(("the device endpoint", endpoint), &form).await?;
    step(format!("open {} and type {}", given.verification_uri, given.user_code));
    if let Some(address) = &given.verification_uri_complete {
        step("or open this address:");
        output::line(address);
    }
    if let Some(number) = &given.confirmation_number {
        step(format!("this screen's number is {number}"));
    }
    let patience = caller.patience().min(Duration::from_secs(given.expires_in));
    let (until, mut interval) = (Instant::now() + patience, given.interval);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", given.device_code.as_str()),
    ];
    let tokens = loop {
        sleep(Duration::from_secs(interval)).await;
        match provider.try_tokens(&form).await {
            Ok(tokens) => break tokens,
            Err(Denied::Failed(failure)) => return Err(failure),
            Err(Denied::Said(error)) if error == "authorization_pending" => {}
            // RFC 8628 §3.5: five seconds more, from now on.
            Err(Denied::Said(error)) if error == "slow_down" => interval += 5,
            Err(Denied::Said(error)) => {
                return Err(Failure::refused(format!("the token endpoint says {error}")));
            }
        }
        if Instant::now() >= until {
            return Err(Failure::Refused("nobody confirmed it in time".to_owned()));
        }
    };
    told_tokens(&tokens);
    provider.told_person(&tokens, None).await?;
    step("done");
    Ok(())
}
