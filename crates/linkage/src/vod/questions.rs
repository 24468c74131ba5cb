//! From an AuthZEN question to ours.

use std::borrow::Cow;

use base::kernel::{Error, Result};
use base64::Engine as _;
use domain::decisions::{Action, Ask, PinGiven, Question, Subject};
use domain::operators;
use domain::signing::Issuer;
use domain::tokens::Verified;
use formats::authzen::{self, Evaluation, RequestFault};
use serde::Deserialize;

/// Who asks, and at which address.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) issuer: Issuer,
    pub(super) verified: Verified,
}

impl Caller {
    /// As it stands in the books.
    pub(super) fn label(&self) -> String {
        format!("client:{}", self.verified.client.id)
    }
}

/// A question taken apart, with what must live as long as it does.
pub(super) struct Asked<'q> {
    operator: Cow<'q, str>,
    subject: (Kind, &'q str),
    action: Action,
    resource: String,
    least_age: Option<i64>,
    adult: bool,
    pin: Option<Cow<'q, str>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Person,
    Household,
}

#[derive(Deserialize)]
struct SubjectProperties<'a> {
    #[serde(borrow, default)]
    operator: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct ResourceProperties<'a> {
    #[serde(borrow, default)]
    rating: Option<Cow<'a, str>>,
    #[serde(default)]
    adult: Option<bool>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow, default)]
    pin: Option<Cow<'a, str>>,
}

impl<'q> Asked<'q> {
    /// Reads one question of `caller`.
    ///
    /// # Errors
    /// `subject.type_unknown`, `decision.action_unknown`, `rating.unknown`, `field.required`,
    /// `operator.unknown`, `json.malformed`; each names its field.
    pub(super) fn of(question: &'q Evaluation<'q>, caller: &Caller) -> Result<Self> {
        let mut asked = Self::about(&question.subject, &question.action, caller)?;
        let resource = &question.resource;
        asked.resource = format!("{}:{}", resource.kind, resource.id);
        if let Some(properties) = &resource.properties {
            let known: ResourceProperties<'_> = properties
                .read()
                .map_err(|_| Error::invalid("json.malformed", "resource.properties"))?;
            asked.least_age = known.rating.as_deref().map(years_of).transpose()?.flatten();
            asked.adult = known.adult.unwrap_or(false);
        }
        if let Some(context) = &question.context {
            let known: Context<'q> =
                context.read().map_err(|_| Error::invalid("json.malformed", "context"))?;
            asked.pin = known.pin;
        }
        Ok(asked)
    }

    /// The same without a resource: for a search.
    pub(super) fn about(
        subject: &'q authzen::Subject<'q>,
        action: &authzen::Action<'_>,
        caller: &Caller,
    ) -> Result<Self> {
        let kind = match &*subject.kind {
            "person" => Kind::Person,
            "household" => Kind::Household,
            _ => return Err(Error::invalid("subject.type_unknown", "subject.type")),
        };
        Ok(Self {
            operator: operator_of(subject, &caller.issuer)?,
            subject: (kind, &subject.id),
            action: Action::parse(&action.name)?,
            resource: String::new(),
            least_age: None,
            adult: false,
            pin: None,
        })
    }

    /// The PIN that came with the question.
    pub(super) fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// Whose subject it is.
    pub(super) fn operator(&self) -> &str {
        &self.operator
    }

    /// The subject as `caller` may know it.
    pub(super) fn subject<'a>(&'a self, caller: &'a Caller) -> Subject<'a> {
        let sector = caller.verified.client.terms.sector.as_str();
        match self.subject {
            (Kind::Person, id) => Subject::Person { id, sector },
            (Kind::Household, id) => Subject::Household { id, sector },
        }
    }

    /// The question as the decisions take it.
    pub(super) fn ask<'a>(&'a self, caller: &'a Caller) -> Ask<'a> {
        Ask {
            operator: &self.operator,
            client: &caller.verified.client.id,
            subject: self.subject(caller),
            question: Question {
                action: self.action,
                resource: &self.resource,
                least_age: self.least_age,
                adult: self.adult,
                pin: PinGiven::Missing,
            },
        }
    }
}

/// At an operator's address the operator is the address's; at the platform's the caller names it.
fn operator_of<'q>(subject: &'q authzen::Subject<'q>, issuer: &Issuer) -> Result<Cow<'q, str>> {
    if !issuer.is_platform() {
        return Ok(Cow::Owned(issuer.operator().to_owned()));
    }
    const FIELD: &str = "subject.properties.operator";
    let properties = subject.properties.as_ref();
    let known: Option<SubjectProperties<'q>> = properties
        .map(authzen::Object::read)
        .transpose()
        .map_err(|_| Error::invalid("json.malformed", "subject.properties"))?;
    let operator = known
        .and_then(|known| known.operator)
        .ok_or_else(|| Error::invalid("field.required", FIELD))?;
    if !operators::valid_code(&operator) {
        return Err(Error::invalid("operator.code_malformed", FIELD));
    }
    Ok(operator)
}

/// The age a rating asks for, in years; `None` for a title nobody rated. Source: brief tve §13.
fn years_of(rating: &str) -> Result<Option<i64>> {
    match rating {
        "G" => Ok(Some(0)),
        "PG12" => Ok(Some(12)),
        "R15+" => Ok(Some(15)),
        "R18+" => Ok(Some(18)),
        "NR" => Ok(None),
        _ => Err(Error::invalid("rating.unknown", "resource.properties.rating")),
    }
}

/// A body that could not be read, as an error of ours.
pub(super) fn fault(fault: &RequestFault) -> Error {
    Error::invalid(fault.code(), fault.field().unwrap_or("body"))
}

/// A page token: the id the page before ended with.
pub(super) fn token_of(last: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(last)
}

/// The id a page begins after.
///
/// # Errors
/// `page.token_malformed` — not a token of ours.
pub(super) fn last_of(token: &str) -> Result<String> {
    let malformed = || Error::invalid("page.token_malformed", "page.token");
    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).map_err(|_| malformed())?;
    String::from_utf8(bytes).map_err(|_| malformed())
}
