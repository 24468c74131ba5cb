//! The demo VOD site: a relying party (OpenID Connect, code with PKCE) that asks before it plays
//! (AuthZEN). It knows the identity provider by its address only, as any site would.

mod events;
mod identity;
mod pages;
mod postbox;
mod styleguide;
mod titles;
mod tv;
mod tv_pages;
mod visits;
mod watching;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use formats::webhook::WebhookSecret;
use outlets::http::Http;

use super::folder::Folder;
use crate::config::Config;
use crate::failure::Failure;
use identity::Identity;
use visits::Visits;

/// The site.
pub(super) struct Site {
    identity: Identity,
    visits: Visits,
    /// Where messages to persons are put.
    post: PathBuf,
    /// What events are signed with that the site is told.
    events: Option<WebhookSecret>,
}

impl Site {
    pub(super) fn new(folder: &Folder, config: &Config, http: Http) -> Result<Arc<Self>, Failure> {
        let identity = Identity {
            http,
            issuer: config.base_url.clone(),
            client_id: "demo-vod",
            secret: folder.read("vod.secret")?,
            callback: format!("{}/callback", folder.site_address()?),
            known: tokio::sync::OnceCell::new(),
            token: tokio::sync::Mutex::new(None),
        };
        let (visits, post) = (Visits::default(), folder.at("post"));
        Ok(Arc::new(Self { identity, visits, post, events: folder.events_secret() }))
    }
}

/// Serves the site until the process ends.
pub(super) fn serve(site: Arc<Site>, socket: TcpListener) -> Result<(), Failure> {
    let router = Router::new()
        .route("/", get(watching::list))
        .route("/style.css", get(pages::style))
        .route("/live.js", get(pages::live))
        .route("/titles/{id}", get(watching::title))
        .route("/play/{id}", get(watching::play))
        .route("/sign-in", get(watching::sign_in))
        .route("/callback", get(watching::callback))
        .route("/sign-out", post(watching::sign_out))
        .route("/events", post(events::take))
        .route("/post", get(postbox::show))
        .route("/tv", get(tv::home))
        .route("/tv/code", get(tv::code))
        .route("/tv/new", get(tv::new_code))
        .route("/tv/letter", get(tv::by_letter))
        .route("/tv/titles/{id}", get(tv::watch))
        .route("/tv/sign-out", post(tv::sign_out))
        .route("/tv/keys.js", get(tv_pages::keys))
        .route("/tv/style.css", get(tv_pages::style))
        .with_state(site)
        .merge(styleguide::routes());
    let unusable = |error: std::io::Error| Failure::unavailable("the VOD site's listener", error);
    socket.set_nonblocking(true).map_err(unusable)?;
    let socket = tokio::net::TcpListener::from_std(socket).map_err(unusable)?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(socket, router).await {
            tracing::error!(%error, "the VOD site ended");
        }
    });
    Ok(())
}
