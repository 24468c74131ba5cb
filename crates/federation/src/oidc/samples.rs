//! The pages of a sign-in as they look, for the style guide of the demo: of nobody, leading nowhere.

use base::kernel::{Error, Instant, Result};
use domain::operators::Choice;
use domain::sessions::Proven;
use domain::signin::{OwnPage, Purpose, RecoveredBy, SignIn, Step, Visit};
use web::{Language, Page};

use super::pages::{Frame, of_step};

/// A page of each step, by its word, with `address` for its forms.
///
/// # Errors
/// `internal` when a template fails.
pub fn samples(language: Language, address: &str) -> Result<Vec<(&'static str, Page)>> {
    let wrong = Error::refused("registration.refused");
    let choices = ["北浜ケーブル", "南野テレビ"].map(|name| Choice {
        code: "OP0012".to_owned(),
        name_ja: name.to_owned(),
        name_en: name.to_owned(),
    });
    let page = |(word, step): (&'static str, Step)| {
        let sign_in = SignIn { operator: "OP0012".to_owned(), step, purpose: purpose() };
        let frame = Frame {
            language,
            address,
            ticket: "",
            proof: "",
            client: None,
            question: None,
            operator: None,
            choices: &choices,
            error: (word == "letter").then_some(&wrong),
            typed: "",
            passkeys: false,
            reaches: true,
        };
        Ok((word, of_step(&sign_in, &frame)?))
    };
    steps().into_iter().map(page).collect()
}

fn purpose() -> Purpose {
    Purpose::Own(Visit { issuer: "OP0012".to_owned(), own: OwnPage::Home })
}

fn steps() -> Vec<(&'static str, Step)> {
    let (person_id, checked) = (String::new(), Instant::from_ms(0));
    let counted_as = String::new();
    let renewal = Step::NewPassword {
        person_id: person_id.clone(),
        by: RecoveredBy::Contact,
        checked,
        second: true,
    };
    let account =
        Step::Account { person_id: person_id.clone(), checked, at_box: None, invited_by: None };
    let second = Step::SecondFactor {
        person_id: person_id.clone(),
        proven: Proven::password(),
        proved: checked,
        session: None,
    };
    let name = "takahashi".to_owned();
    vec![
        ("operator", Step::ChooseOperator),
        ("password", Step::Password),
        ("letter", Step::Letter),
        ("box", Step::BoxCode { scanned: String::new() }),
        ("account", account),
        ("recover", Step::Recover),
        ("recovery", Step::RecoveryCode { counted_as: counted_as.clone() }),
        ("approval", Step::Approval { number: "27".to_owned() }),
        ("television", Step::Television { counted_as, person_id: person_id.clone() }),
        ("renewal", renewal),
        ("second", second),
        ("choice", Step::Choice { person_id, name }),
    ]
}
