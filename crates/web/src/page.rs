//! The shell of every page: one HTML frame, one style sheet, no third party, and no script but four: one
//! sends an answer on which a service asked to have posted, one speaks to the browser of passkeys, one moves the focus by
//! the arrow keys of a remote control, one shows characters to choose from where nothing is typed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::OnceLock;

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::kernel::Error;
use domain::operators::Operator;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use tower_http::compression::CompressionLayer;

use crate::current::Letters;
use crate::look::{self, Dress, Help};
use crate::problem::retry_after;
use crate::texts::{in_language, shown_status};
use crate::{Language, Problem, Refusal, current, place, status_of, tokens, words};

pub(crate) const STYLE: &str = include_str!("../assets/aikagi.css");

const PASSKEYS: &str = include_str!("../assets/passkeys.js");

const FOCUS: &str = include_str!("../assets/focus.js");

const KEYS: &str = include_str!("../assets/keys.js");

/// The one script inside a page: sends its only form.
pub const SUBMIT: &str = "document.forms[0].submit()";

/// [`SUBMIT`] as a policy names it: by its SHA-256. Source: Content Security Policy Level 3 §2.3.1.
const SUBMIT_SOURCE: &str = "; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='";

/// Characters that turn the line around: after one of them, what somebody wrote makes its neighbours read otherwise.
/// Source: Unicode Standard Annex 9 §2.1, §2.2, §2.4.
pub const TURNS: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// A page on which nothing turns the line around; our own texts do not.
fn upright(html: String) -> String {
    if html.contains(TURNS) { html.replace(TURNS, "\u{fffd}") } else { html }
}

/// An address that changes with its content, so that browsers may keep it for ever.
fn path_of(content: &str, ending: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("/assets/aikagi-{:016x}.{ending}", hasher.finish())
}

fn style_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| path_of(tokens::sheet(), "css"))
}

/// The address of the script that speaks to the browser of passkeys, for a page that may run it
/// ([`Page::runs_passkeys`]).
pub fn passkeys_script() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| path_of(PASSKEYS, "js"))
}

/// The address of the script that moves the focus by arrow keys.
fn focus_script() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| path_of(FOCUS, "js"))
}

/// The address of the script that shows the characters of a field to who has a remote control, for a page that is
/// [`Page::by_remote`].
pub fn keys_script() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| path_of(KEYS, "js"))
}

/// The routes of what pages need: the style sheet, colours of stations, and the scripts. They travel compressed: nothing of
/// them is secret, unlike a page, whose length would tell about what it hides.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    Router::new()
        .route(style_path(), get(sheet))
        .route("/assets/look/{colours}", get(look::style))
        .route(passkeys_script(), get(async || kept_for_ever(SCRIPT, PASSKEYS)))
        .route(focus_script(), get(async || kept_for_ever(SCRIPT, FOCUS)))
        .route(keys_script(), get(async || kept_for_ever(SCRIPT, KEYS)))
        .layer(CompressionLayer::new())
}

async fn sheet() -> Response {
    kept_for_ever("text/css; charset=utf-8", tokens::sheet())
}

/// What never changes under its address.
pub(crate) fn kept_for_ever(kind: &'static str, content: impl IntoResponse) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, content).into_response()
}

/// What a page may run.
#[derive(Debug, Clone, Copy)]
enum Runs {
    Nothing,
    Submit,
    Passkeys,
}

/// What leads through the part of the house a page belongs to.
#[derive(Debug, Clone)]
struct Led {
    /// Above the page.
    navigation: String,
    /// Below it; empty: nothing.
    foot: String,
    /// Whose part it is, for the style sheet.
    class: &'static str,
    /// Whether arrow keys move the focus.
    by_arrows: bool,
}

/// A page: a body inside the shell.
#[derive(Debug, Clone)]
pub struct Page {
    language: Language,
    status: StatusCode,
    title: String,
    owner: String,
    dress: Dress,
    led: Option<Led>,
    /// Whether arrow keys move the focus where nothing leads through.
    by_remote: bool,
    body: String,
    /// An address and its name, below a page nothing leads on from.
    way_on: Option<(String, &'static str)>,
    form_target: String,
    frames: Vec<String>,
    pictures: bool,
    runs: Runs,
    refusal: Option<&'static str>,
    retry_after: Option<u64>,
}

#[derive(Template)]
#[template(path = "shell.html")]
struct Shell<'p> {
    language: &'p str,
    title: &'p str,
    owner: &'p str,
    dress: &'p Dress,
    /// Of the whole document, so that all measures follow: whose part it is, and how large the letters are.
    class: &'p str,
    led: Option<&'p Led>,
    script: &'p str,
    style: &'p str,
    body: &'p str,
    way_on: Option<&'p (String, &'static str)>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorBody<'p> {
    title: &'p str,
    message: &'p str,
    for_staff: bool,
    code: &'p str,
    code_label: &'p str,
    request_label: &'p str,
    request_id: &'p str,
}

impl Page {
    /// A page called `title` with `body` inside; `body` escapes what it puts in (askama does).
    ///
    /// # Errors
    /// `internal` when the template fails.
    pub fn new(
        language: Language,
        title: &str,
        body: &impl Template,
    ) -> std::result::Result<Self, Error> {
        Ok(Self::of(language, title, body.render().map_err(Error::internal)?))
    }

    fn of(language: Language, title: &str, body: String) -> Self {
        Self {
            language,
            status: StatusCode::OK,
            title: title.to_owned(),
            owner: words::page(language, "owner").to_owned(),
            dress: Dress::default(),
            led: None,
            by_remote: false,
            body,
            way_on: None,
            form_target: String::new(),
            frames: Vec::new(),
            pictures: false,
            runs: Runs::Nothing,
            refusal: None,
            retry_after: None,
        }
    }

    /// The page that words an error: with its code for who works for a station, for everybody else in the name of the station,
    /// where it is known, with the number to ask by. Nobody is left there without a way on.
    #[must_use]
    pub fn of_error(language: Language, error: &Error) -> Self {
        let (title, code) = (words::page(language, "error.title"), error.code());
        let context = current::get();
        let for_staff = context.for_staff;
        let body = ErrorBody {
            title,
            message: words::error(language, code),
            for_staff,
            code,
            code_label: words::page(language, "error.code"),
            request_label: words::page(language, "error.request"),
            request_id: &context.request_id,
        };
        let page = Self::of(language, title, body.render().unwrap_or_default());
        let way_on = place::beginning();
        let page = Self {
            status: status_of(error),
            // A household may stand in front of it with a remote control.
            by_remote: !for_staff,
            way_on: way_on.map(|(address, key)| (address, words::page(language, key))),
            refusal: Some(code),
            retry_after: retry_after(error),
            ..page
        };
        match context.station() {
            Some(station) if !for_staff => page.for_subscribers_of(&station),
            _ => page,
        }
    }

    /// What it says, without what stands around every page.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The same page in the name of an operator, as its pages look.
    #[must_use]
    pub fn owned_by(mut self, operator: &Operator) -> Self {
        let owner = in_language(self.language, &operator.name_ja, &operator.name_en);
        owner.clone_into(&mut self.owner);
        self.dress = Dress::of(operator);
        self.pictures |= self.dress.logo.is_some();
        self
    }

    /// The same page in the name of who is no operator, in our own look.
    #[must_use]
    pub fn called(mut self, owner: &str) -> Self {
        owner.clone_into(&mut self.owner);
        self
    }

    /// As [`Page::owned_by`], with whom its subscribers ask.
    #[must_use]
    pub fn for_subscribers_of(self, operator: &Operator) -> Self {
        let mut page = self.owned_by(operator);
        page.dress.help = Help::of(page.language, &operator.look);
        page
    }

    /// The same page with what leads through its part of the house above it, and as wide as a desk's screen.
    ///
    /// # Errors
    /// `internal` when the template fails.
    pub fn led_by(mut self, navigation: &impl Template) -> std::result::Result<Self, Error> {
        let navigation = navigation.render().map_err(Error::internal)?;
        self.led = Some(Led { navigation, foot: String::new(), class: "wide", by_arrows: false });
        Ok(self)
    }

    /// The same page as one of a person's own: with what leads through them above it and below, and moved through by the arrow
    /// keys of a remote control too.
    ///
    /// # Errors
    /// `internal` when a template fails.
    pub fn own(
        mut self,
        navigation: &impl Template,
        foot: &impl Template,
    ) -> std::result::Result<Self, Error> {
        let navigation = navigation.render().map_err(Error::internal)?;
        let foot = foot.render().map_err(Error::internal)?;
        self.led = Some(Led { navigation, foot, class: "own", by_arrows: true });
        Ok(self)
    }

    /// The same page, moved through by the arrow keys of a remote control too, and as large as a room needs.
    #[must_use]
    pub const fn by_remote(mut self) -> Self {
        self.by_remote = true;
        self
    }

    /// The same page with another status.
    #[must_use]
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same page showing a refusal, for the access log.
    #[must_use]
    pub const fn refused(mut self, code: &'static str) -> Self {
        self.refusal = Some(code);
        self
    }

    /// The same page with why what was asked was not done, if it was not: its status, and the refusal for the access log.
    #[must_use]
    pub fn told(self, error: Option<&Error>) -> Self {
        match error {
            Some(error) => self.status(shown_status(error)).refused(error.code()),
            None => self,
        }
    }

    /// Lets the page's form lead on to `uri`: browsers hold the redirect after a form against
    /// `form-action` too, and a sign-in ends at the service.
    #[must_use]
    pub fn form_leads_to(mut self, uri: &str) -> Self {
        self.form_target = policy_source(uri);
        self
    }

    /// Lets the page open these addresses within itself.
    #[must_use]
    pub fn frames(mut self, uris: &[String]) -> Self {
        self.frames = uris.iter().map(|uri| policy_source(uri)).collect();
        self
    }

    /// Lets the page show pictures of ours.
    #[must_use]
    pub const fn shows_pictures(mut self) -> Self {
        self.pictures = true;
        self
    }

    /// Lets the page run [`SUBMIT`] and nothing else.
    #[must_use]
    pub const fn submits_itself(mut self) -> Self {
        self.runs = Runs::Submit;
        self
    }

    /// Lets the page run our script about passkeys ([`passkeys_script`]), which asks our own server.
    #[must_use]
    pub const fn runs_passkeys(mut self) -> Self {
        self.runs = Runs::Passkeys;
        self
    }

    fn class(&self) -> &'static str {
        let own = self.led.as_ref().is_some_and(|led| led.by_arrows);
        match (own, self.by_remote, current::get().letters) {
            (true, _, Letters::Usual) => "own",
            (true, _, Letters::Large) => "own large",
            (_, true, Letters::Usual) => "room",
            (_, true, Letters::Large) => "room large",
            (_, _, Letters::Usual) => "",
            (_, _, Letters::Large) => "large",
        }
    }

    fn by_arrows(&self) -> bool {
        self.by_remote || self.led.as_ref().is_some_and(|led| led.by_arrows)
    }

    fn policy(&self) -> String {
        let target = &self.form_target;
        let script = match self.runs {
            Runs::Nothing if self.by_arrows() => "; script-src 'self'",
            Runs::Nothing => "",
            Runs::Submit => SUBMIT_SOURCE,
            Runs::Passkeys => "; script-src 'self'; connect-src 'self'",
        };
        let frames = match self.frames.join(" ") {
            none if none.is_empty() => none,
            sources => format!("; frame-src {sources}"),
        };
        let pictures = if self.pictures { "; img-src 'self'" } else { "" };
        format!(
            "{}; style-src 'self'; form-action 'self' {target}{frames}{script}{pictures}",
            crate::headers::NOTHING
        )
    }
}

/// The origin of an address, or the scheme of an application's own, as a policy names it; empty
/// when it holds anything that would end the policy.
fn policy_source(uri: &str) -> String {
    let source = match uri.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        _ => uri.split_once(':').map(|(scheme, _)| format!("{scheme}:")).unwrap_or_default(),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/[]+".contains(&byte);
    if source.bytes().all(plain) { source } else { String::new() }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let shell = Shell {
            language: self.language.tag(),
            title: &self.title,
            owner: &self.owner,
            dress: &self.dress,
            class: self.class(),
            led: self.led.as_ref(),
            script: if self.by_arrows() { focus_script() } else { "" },
            style: style_path(),
            body: &self.body,
            way_on: self.way_on.as_ref().filter(|_| self.led.is_none()),
        };
        let html = match shell.render() {
            Ok(html) => upright(html),
            Err(error) => return Problem::from(Error::internal(error)).into_response(),
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (self.status, headers, html).into_response();
        if let Ok(policy) = HeaderValue::from_str(&self.policy()) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(code) = self.refusal {
            response.extensions_mut().insert(Refusal(code));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<p>{{ text }}</p>", ext = "html")]
    struct Text<'t> {
        text: &'t str,
    }

    #[test]
    fn what_a_person_wrote_is_shown_and_never_run() {
        let text = "<script>alert('髙橋')</script>\"&";
        let mut page = Page::new(Language::Japanese, text, &Text { text }).unwrap();
        text.clone_into(&mut page.owner);
        let shell = Shell {
            language: "ja",
            title: &page.title,
            owner: &page.owner,
            dress: &page.dress,
            class: "",
            led: None,
            script: "",
            style: style_path(),
            body: &page.body,
            way_on: None,
        };
        let html = shell.render().unwrap();
        assert!(!html.contains("<script") && html.contains("髙橋"), "{html}");
        assert!(!html.contains("style="), "no inline style passes the policy");
    }

    #[test]
    fn a_form_may_lead_to_the_service_and_nowhere_else() {
        assert_eq!(
            policy_source("https://vod.example.jp:8443/cb?x"),
            "https://vod.example.jp:8443"
        );
        assert_eq!(policy_source("jp.example.vod:/cb"), "jp.example.vod:");
        assert_eq!(policy_source("https://a;script-src *"), "");
    }
}
