//! What every page needs to say something: texts by key, names and refusals in the reader's language.

use base::kernel::Error;
use http::StatusCode;
use qrcode::QrCode;
use qrcode::render::svg;

use crate::{Language, status_of, words};

/// Looks up page texts by key in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub Language);

impl Words {
    /// The text of `key`.
    #[must_use]
    pub fn get(self, key: &'static str) -> &'static str {
        words::page(self.0, key)
    }

    /// The text of `key` with every `{name}` replaced.
    #[must_use]
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        words::fill(self.0, key, values)
    }
}

/// Which of two texts a reader of `language` is shown.
#[must_use]
pub fn in_language<'t>(language: Language, japanese: &'t str, english: &'t str) -> &'t str {
    match language {
        Language::Japanese => japanese,
        Language::English => english,
    }
}

/// What the person reads; a wait is told in minutes.
#[must_use]
pub fn message(language: Language, error: &Error) -> String {
    let text = words::error(language, error.code());
    match error {
        Error::TooMany { code: "signin.locked", wait } => {
            let minutes = wait.as_secs().div_ceil(60).to_string();
            let wait = words::fill(language, "signin.wait", &[("minutes", &minutes)]);
            format!("{text} {wait}")
        }
        _ => text.to_owned(),
    }
}

/// A form that was not taken is shown again with the status of its error; a wrong password with 422
/// and not 401, which would need a challenge (RFC 9110 §15.5.2).
#[must_use]
pub fn shown_status(error: &Error) -> StatusCode {
    match status_of(error) {
        StatusCode::UNAUTHORIZED => StatusCode::UNPROCESSABLE_ENTITY,
        other => other,
    }
}

/// Easier to type.
#[must_use]
pub fn in_fours(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// A QR code as SVG; empty when the address is too long for one.
#[must_use]
pub fn qr_of(address: &str) -> String {
    let Ok(code) = QrCode::new(address.as_bytes()) else { return String::new() };
    let svg = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // Without the declaration of a file of its own.
    svg.split_once("?>").map(|(_, svg)| svg.to_owned()).unwrap_or(svg)
}

/// The scopes a person is asked about, in the order they are shown, and the text of each.
const SCOPES: &[(&str, &str)] = &[
    ("openid", "scope.openid"),
    ("decisions", "scope.decisions"),
    ("offline_access", "scope.offline_access"),
];

/// What a service with `scopes` is allowed, one line each.
#[must_use]
pub fn in_words(language: Language, scopes: &str) -> Vec<&'static str> {
    let wanted = |scope: &str| scopes.split(' ').any(|one| one == scope);
    let texts = SCOPES.iter().filter(|(scope, _)| wanted(scope));
    texts.map(|(_, key)| words::page(language, key)).collect()
}

#[cfg(test)]
mod tests {
    use domain::clients::ClientKind;

    #[test]
    fn every_scope_of_a_service_has_words() {
        let services =
            domain::clients::SCOPES.iter().filter(|(_, kind)| *kind == ClientKind::Service);
        for (scope, _) in services {
            assert!(super::SCOPES.iter().any(|(known, _)| known == scope), "{scope}");
        }
    }
}
