//! What a person is asked to allow a service, in words; and the form that answers.
//!
//! The form carries a digest of what stood on the page: when the service, its name or the language became
//! another meanwhile, nothing is allowed that was not read. Source: OpenID Connect Core §3.1.2.4.

use base::kernel::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clients::Client;
use formats::oauth::Parameters;
use sha2::{Digest as _, Sha256};
use web::texts::{in_language, in_words};
use web::{Language, words};

/// What the person is asked.
pub(super) struct Question {
    /// Which service wants to be allowed.
    pub(super) title: String,
    /// What it wants, one line each.
    pub(super) lines: Vec<&'static str>,
}

impl Question {
    /// About `client`, which wants `scopes`.
    pub(super) fn about(language: Language, client: &Client, scopes: &str) -> Self {
        let name = in_language(language, &client.terms.name_ja, &client.terms.name_en);
        Self {
            title: words::fill(language, "consent.title", &[("service", name)]),
            lines: in_words(language, scopes),
        }
    }

    /// All that stands on the page about it, as it is kept.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.title, self.lines.join("\n"))
    }

    /// What the form carries.
    pub(super) fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.text().as_bytes()))
    }

    /// What stood on the page this form is from, when it is what would stand there now.
    ///
    /// # Errors
    /// `consent.changed`
    pub(super) fn agreed(&self, form: &Parameters<'_>) -> Result<String> {
        if form.get("shown") == Some(self.digest().as_str()) {
            return Ok(self.text());
        }
        Err(Error::Conflict { code: "consent.changed" })
    }
}
