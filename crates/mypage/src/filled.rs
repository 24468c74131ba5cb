//! What a person typed into a small form that could not be done: the page shows it again as they filled it in.
//!
//! Who has to sign in first carries it along in their browser, sealed for them alone. Nothing that is secret is kept.

use axum::response::Response;
use base::kernel::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::signin::{OwnPage, SIGN_IN_SECONDS};
use formats::oauth::Parameters;
use http::HeaderMap;
use http::header::SET_COOKIE;

use super::Mypage;

/// The cookie it is carried in.
const COOKIE: &str = "aikagi-form";
/// Longest, in bytes; browsers take cookies of 4096.
const MOST_BYTES: usize = 2048;

/// The forms: on which page, what they do, and which of their fields a person fills in.
const KEPT: [(OwnPage, &str, &[&str]); 4] = [
    (OwnPage::Family, "add", &["kana", "role", "birth_on"]),
    (OwnPage::Contacts, "add", &["kind", "address"]),
    (OwnPage::Passkeys, "add", &["name"]),
    (OwnPage::Passkeys, "rename", &["passkey", "name"]),
];

/// A form as it was filled in; an empty one is none.
#[derive(Default)]
pub(super) struct Filled {
    what: String,
    fields: Vec<(String, String)>,
}

impl Filled {
    /// What is kept of a form of the page `own`.
    pub(super) fn of(own: &OwnPage, form: &Parameters<'_>) -> Self {
        let what = form.get("do").unwrap_or_default();
        let kept = KEPT.iter().find(|(page, does, _)| (page, *does) == (own, what));
        let names = kept.map_or(&[] as &[&str], |(_, _, names)| names);
        let typed =
            |name: &&str| form.get(name).map(|value| ((*name).to_owned(), value.to_owned()));
        Self { what: what.to_owned(), fields: names.iter().filter_map(typed).collect() }
    }

    /// Whether there is nothing to show again.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// What stands in the field `name` of the form that does `what`.
    pub(super) fn get(&self, what: &str, name: &str) -> &str {
        let field = self.fields.iter().find(|(each, _)| self.what == what && each == name);
        field.map_or("", |(_, value)| value)
    }

    /// Has the browser carry it to the page `own` until its person, of this operator and id, is signed in again.
    pub(super) fn carry(
        &self,
        mypage: &Mypage,
        (own, operator, person_id): (&OwnPage, &str, &str),
        mut response: Response,
    ) -> Result<Response> {
        let carried = (own.path(), &self.what, &self.fields);
        let plain = serde_json::to_vec(&carried).map_err(base::kernel::Error::internal)?;
        if self.is_empty() || plain.len() > MOST_BYTES {
            return Ok(response);
        }
        let sealed = mypage.signing.master().seal(operator, &purpose(person_id), &plain)?;
        let value = URL_SAFE_NO_PAD.encode(sealed);
        if let Some(cookie) = mypage.cookies().write(COOKIE, &value, Some(SIGN_IN_SECONDS)) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// What the browser carried to the page `own` for this person; nothing when it is for another one.
    pub(super) fn carried(
        mypage: &Mypage,
        headers: &HeaderMap,
        (own, operator, person_id): (&OwnPage, &str, &str),
    ) -> Self {
        let opened = || {
            let sealed = URL_SAFE_NO_PAD.decode(mypage.cookies().read(headers, COOKIE)?).ok()?;
            let plain =
                mypage.signing.master().open(operator, &purpose(person_id), &sealed).ok()?;
            let (path, what, fields): (String, _, _) = serde_json::from_slice(&plain).ok()?;
            (path == own.path()).then_some(Self { what, fields })
        };
        opened().unwrap_or_default()
    }

    /// The browser need not carry it any longer.
    pub(super) fn drop_carried(mypage: &Mypage, response: &mut Response) {
        if let Some(cookie) = mypage.cookies().clear(COOKIE) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

fn purpose(person_id: &str) -> String {
    format!("own-form:{person_id}")
}
