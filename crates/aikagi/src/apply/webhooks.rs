//! Webhooks of the file: receivers of events, each with a shared secret that is kept sealed.

use std::path::Path;

use base::kernel::{Error, Result};
use base::records::{Entry, Receiver, list_receivers, put_receiver, record};
use base::store::Tx;
use domain::operators;
use domain::signing::MasterKey;
use formats::webhook::WebhookSecret;
use outlets::webhook::{KIND, Settings};
use serde_json::json;

use super::diff::{Difference, Facts, put_with_diff};
use super::file::{WebhookEntry, secret};
use crate::failure::Failure;
use crate::workers::WEBHOOK_SECRET;

/// A webhook with its secret read, or one made for it in case it is new.
pub(super) struct PreparedWebhook {
    id: String,
    settings: Settings,
    events: String,
    enabled: bool,
    secret: String,
    /// The secret was made here: it only counts when the webhook has none yet.
    made: bool,
}

pub(super) fn prepare(
    entry: WebhookEntry,
    folder: &Path,
) -> std::result::Result<PreparedWebhook, Failure> {
    let in_place = |what: String| Failure::usage(format!("webhook {}: {what}", entry.id));
    let given = entry.secret_file.as_ref().map(|file| secret(folder, file)).transpose()?;
    let made = given.is_none();
    let secret = match given {
        Some(text) => text,
        None => WebhookSecret::generate().map_err(|error| in_place(error.to_string()))?,
    };
    WebhookSecret::parse(&secret).map_err(|error| in_place(error.to_string()))?;
    let settings = Settings { url: entry.url.clone(), sector: entry.sector.clone() };
    settings.address().map_err(|error| in_place(error.to_string()))?;
    if entry.events.is_empty() || entry.events.iter().any(|event| event.contains(' ')) {
        return Err(in_place("events is empty, or one of them has a space".to_owned()));
    }
    Ok(PreparedWebhook {
        events: entry.events.join(" "),
        id: entry.id,
        settings,
        enabled: entry.enabled,
        secret,
        made,
    })
}

impl PreparedWebhook {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn new_secret(&self) -> Option<(String, String)> {
        self.made.then(|| (format!("webhook {}", self.id), self.secret.clone()))
    }

    /// Puts the webhook; also says whether the secret made for it was used.
    pub(super) fn put(
        &self,
        tx: &mut Tx<'_>,
        master: &MasterKey,
    ) -> Result<(Option<Difference>, bool)> {
        let known = list_receivers(tx)?.into_iter().find(|one| one.id == self.id);
        let sealed = known.as_ref().and_then(|one| one.secret_sealed.clone());
        let stored = match &sealed {
            Some(bytes) => Some(master.open(tx.operator(), WEBHOOK_SECRET, bytes)?),
            None => None,
        };
        let keeps = stored.as_ref().is_some_and(|old| self.made || old == self.secret.as_bytes());
        let receiver = Receiver {
            id: self.id.clone(),
            kind: KIND.to_owned(),
            events: self.events.clone(),
            settings: serde_json::to_string(&self.settings).map_err(Error::internal)?,
            secret_sealed: if keeps {
                sealed
            } else {
                Some(master.seal(tx.operator(), WEBHOOK_SECRET, self.secret.as_bytes())?)
            },
            enabled: self.enabled,
        };
        let difference = if known.as_ref() == Some(&receiver) {
            None
        } else {
            let name = format!("webhook {}", self.id);
            put_with_diff(tx, &name, |tx| facts(tx, &self.id), |tx| put(tx, &receiver))?
        };
        Ok((difference, self.made && !keeps))
    }
}

fn put(tx: &mut Tx<'_>, receiver: &Receiver) -> Result<()> {
    put_receiver(tx, receiver)?;
    operators::changed(tx)?;
    let detail = json!({ "events": receiver.events, "enabled": receiver.enabled });
    record(tx, &Entry::new("receiver.changed", &receiver.id).detail(detail))
}

fn facts(tx: &mut Tx<'_>, id: &str) -> Result<Option<Facts>> {
    let known = list_receivers(tx)?.into_iter().find(|one| one.id == id);
    Ok(known.map(|one| {
        let digest = base::records::inbox::digest(one.secret_sealed.as_deref().unwrap_or_default());
        let secret = hex::encode(digest).get(..8).unwrap_or_default().to_owned();
        Facts::from([
            ("url".to_owned(), one.settings),
            ("events".to_owned(), one.events),
            ("enabled".to_owned(), one.enabled.to_string()),
            ("secret".to_owned(), secret),
        ])
    }))
}
