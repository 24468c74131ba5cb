//! The pages of a sign-in, one for each step.
//!
//! Plain forms with stable field names and `autocomplete`; a script only where a passkey may be used, and
//! every page works without it. The texts stand in
//! `web/words`, the frame in `web::Page`.

use askama::Template;
use base::kernel::{Error, Result};
use domain::clients::Client;
use domain::operators::{Choice, Operator};
use domain::signin::{OwnPage, Purpose, SignIn, Step};
use web::look::greeting;
use web::texts::qr_of;
pub(super) use web::texts::{Words, in_language, message};
use web::{Language, Page, words};

use super::consent::Question;

/// What all steps show.
pub(super) struct Frame<'f> {
    pub(super) language: Language,
    /// Where the forms lead: the address of the sign-in, whole. A page shown again after a refusal
    /// stands under the address of its form, and what is relative to that leads nowhere.
    pub(super) address: &'f str,
    /// The handle in the address.
    pub(super) ticket: &'f str,
    /// The proof that goes into every form.
    pub(super) proof: &'f str,
    /// The service the person comes from; none: a page of our own.
    pub(super) client: Option<&'f Client>,
    /// What the person is asked to allow it, when that is what is asked.
    pub(super) question: Option<&'f Question>,
    /// The operator, once it is chosen.
    pub(super) operator: Option<&'f Operator>,
    /// The operators to choose from, while it is not.
    pub(super) choices: &'f [Choice],
    /// Why the last try did not work.
    pub(super) error: Option<&'f Error>,
    /// What was typed as login id or contract number, shown again.
    pub(super) typed: &'f str,
    /// Whether browsers know passkeys here.
    pub(super) passkeys: bool,
    /// Whether codes are sent to contacts from here.
    pub(super) reaches: bool,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct Body<'b> {
    words: Words,
    step: &'b str,
    title: &'b str,
    service: String,
    lines: &'b [&'static str],
    shown: String,
    address: &'b str,
    ticket: &'b str,
    proof: &'b str,
    message: Option<String>,
    typed: &'b str,
    choices: Vec<(&'b str, &'b str)>,
    other_tag: &'static str,
    other_name: &'static str,
    script: &'static str,
    /// The script that shows characters to choose from.
    keys: &'static str,
    reaches: bool,
    /// Whether boxes at home show codes.
    boxes: bool,
    asks_second: bool,
    stay: String,
    number: &'b str,
    /// What the station says first.
    greeting: &'b str,
    /// My Page as a picture, for who would have to type with a remote control; empty: they can not go on elsewhere.
    phone: String,
}

/// The name of a step's part of the template, and its title; a consent has one of its own.
fn of(step: &Step) -> (&'static str, &'static str) {
    match step {
        Step::ChooseOperator => ("operator", "signin.operator.title"),
        Step::Password => ("password", "signin.password.title"),
        Step::Letter => ("letter", "signin.letter.title"),
        Step::BoxCode { .. } => ("box", "signin.box.title"),
        step @ Step::Account { .. } if step.goes_on() => ("phone", "signin.phone.title"),
        Step::Account { .. } => ("account", "signin.account.title"),
        Step::Recover => ("recover", "signin.recover.title"),
        Step::RecoveryCode { .. } => ("recovery", "signin.recovery.title"),
        Step::Approval { .. } => ("approval", "signin.approval.title"),
        Step::Television { .. } => ("television", "signin.television.title"),
        Step::NewPassword { .. } => ("renewal", "signin.renewal.title"),
        Step::SecondFactor { .. } => ("second", "signin.second.title"),
        Step::Choice { .. } => ("choice", "signin.choice.title"),
        Step::Consent { .. } => ("consent", ""),
    }
}

/// The page of the step a sign-in is at.
///
/// # Errors
/// `internal` when the template fails.
pub(super) fn of_step(sign_in: &SignIn, frame: &Frame<'_>) -> Result<Page> {
    let words = Words(frame.language);
    let (step, title) = of(&sign_in.step);
    let title = match frame.question {
        Some(question) => question.title.as_str(),
        None if title.is_empty() => "",
        None => words.get(title),
    };
    let (other_tag, other_name) = match frame.language {
        Language::Japanese => ("en", "English"),
        Language::English => ("ja", "日本語"),
    };
    let with_passkey = frame.passkeys && sign_in.step == Step::Password;
    let choices = frame
        .choices
        .iter()
        .map(|one| (one.code.as_str(), in_language(frame.language, &one.name_ja, &one.name_en)));
    let body = Body {
        words,
        step,
        title,
        service: reason(sign_in, frame),
        lines: frame.question.map_or(&[], |question| &question.lines),
        shown: frame.question.map_or_else(String::new, Question::digest),
        address: frame.address,
        ticket: frame.ticket,
        proof: frame.proof,
        message: frame.error.map(|error| message(frame.language, error)),
        typed: frame.typed,
        choices: choices.collect(),
        other_tag,
        other_name,
        script: if with_passkey { web::passkeys_script() } else { "" },
        keys: web::keys_script(),
        reaches: frame.reaches,
        boxes: frame.operator.is_some_and(|one| one.policies.home_sign_in),
        stay: stay(frame.language, &sign_in.step),
        number: number(&sign_in.step),
        greeting: frame
            .operator
            .filter(|_| sign_in.step == Step::Password)
            .map_or("", |operator| greeting(frame.language, operator)),
        phone: phone(sign_in, frame),
        asks_second: matches!(sign_in.step, Step::NewPassword { second: true, .. }),
    };
    let mut page = Page::new(frame.language, title, &body)?.by_remote();
    if let Some(request) = sign_in.purpose.request() {
        page = page.form_leads_to(&request.redirect_uri);
    }
    if let Some(operator) = frame.operator {
        page = page.for_subscribers_of(operator);
    }
    if with_passkey {
        page = page.runs_passkeys();
    }
    Ok(page.told(frame.error))
}

/// Where a page of our own is on a telephone: there it is easier to sign in than on a television.
fn phone(sign_in: &SignIn, frame: &Frame<'_>) -> String {
    let is_own = matches!(sign_in.purpose, Purpose::Own(_)) && sign_in.step == Step::Password;
    let station = frame.address.strip_suffix("/signin").filter(|_| is_own);
    station
        .filter(|_| frame.operator.is_some())
        .map_or_else(String::new, |station| qr_of(&format!("{station}/{}", OwnPage::Home.path())))
}

/// The button that names who goes on, where somebody may.
fn stay(language: Language, step: &Step) -> String {
    match step {
        Step::Choice { name, .. } => words::fill(language, "signin.choice.stay", &[("name", name)]),
        _ => String::new(),
    }
}

/// The digits the person tells the owner of their household.
fn number(step: &Step) -> &str {
    match step {
        Step::Approval { number } => number,
        _ => "",
    }
}

/// What the person signs in for.
fn reason(sign_in: &SignIn, frame: &Frame<'_>) -> String {
    match (&sign_in.purpose, frame.client) {
        (Purpose::Own(visit), _) => words::page(frame.language, own(&visit.own)).to_owned(),
        (Purpose::Code(_), None) => String::new(),
        (Purpose::Code(_), Some(client)) => {
            let (japanese, english) = (&client.terms.name_ja, &client.terms.name_en);
            let name = in_language(frame.language, japanese, english);
            words::fill(frame.language, "signin.service", &[("service", name)])
        }
    }
}

/// What stands above the sign-in for a page of our own.
const fn own(page: &OwnPage) -> &'static str {
    match page {
        OwnPage::Device { .. } => "signin.own.device",
        OwnPage::Security => "signin.own.security",
        OwnPage::Home => "signin.own.home",
        OwnPage::Watch => "signin.own.watch",
        OwnPage::History => "signin.own.history",
        OwnPage::Data => "signin.own.data",
        OwnPage::Family => "signin.own.family",
        OwnPage::Household => "signin.own.household",
        OwnPage::Services => "signin.own.services",
        OwnPage::Sessions => "signin.own.sessions",
        OwnPage::Contacts => "signin.own.contacts",
        OwnPage::Passkeys => "signin.own.passkeys",
        OwnPage::Pins => "signin.own.pins",
    }
}
