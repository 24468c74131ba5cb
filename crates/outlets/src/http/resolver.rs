//! Names to addresses, leaving out those that may not be called.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Allowed;

/// What a refused name is answered with.
pub(super) const REFUSAL: &str = "the name leads to no public address";

/// Asks the machine's resolver; the client connects to what is answered here and nothing else.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) allowed: Arc<Allowed>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let callable: Vec<SocketAddr> =
                found.filter(|address| allowed.may_call(address.ip())).collect();
            if callable.is_empty() {
                return Err(REFUSAL.into());
            }
            Ok(Box::new(callable.into_iter()) as Addrs)
        })
    }
}
