//! Names to addresses, leaving out those that may not be called.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Allowed;
use super::guard::is_never;
use crate::said;

/// Asks the machine's resolver; the client connects to what is answered here and nothing else.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) allowed: Arc<Allowed>,
    /// The name stands on the list itself: it may lead to any address but those no list opens.
    pub(super) by_name: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, by_name) = (Arc::clone(&self.allowed), self.by_name);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may_call = |address: IpAddr| {
                if by_name { !is_never(address) } else { allowed.may_call(address) }
            };
            let callable: Vec<SocketAddr> =
                found.filter(|address| may_call(address.ip())).collect();
            if callable.is_empty() {
                return Err(said::NOT_PUBLIC.into());
            }
            Ok(Box::new(callable.into_iter()) as Addrs)
        })
    }
}
