//! The questions. Hot path: one pass, nothing copied unless a string has escapes.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::fault::RequestFault;
use crate::json;

/// Longest body of a single question, in bytes.
pub const LONGEST_BODY: usize = 16 * 1024;

/// Longest type, id or action name, in bytes.
pub const LONGEST_NAME: usize = 256;

/// A JSON object that nobody has looked into yet.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct Object<'a>(&'a RawValue);

impl<'a> Object<'a> {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.0.get()
    }

    /// Reads the members that `T` has; others are skipped.
    ///
    /// # Errors
    /// As [`json::parse`].
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, json::JsonFault> {
        json::parse(self.text().as_bytes(), usize::MAX)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'a RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{') {
            Ok(Self(raw))
        } else {
            Err(serde::de::Error::custom("not an object"))
        }
    }
}

/// Who asks to do something: a person or a household.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Subject<'a> {
    /// Kind of subject, e.g. `user`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// Unique within the kind.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// More about it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Object<'a>>,
}

/// What is to be done.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Action<'a> {
    /// Name, e.g. `play`.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// More about it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Object<'a>>,
}

/// What it is to be done to.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Resource<'a> {
    /// Kind of resource, e.g. `title`.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// Unique within the kind.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// More about it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Object<'a>>,
}

/// One question. Section 6.1.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Evaluation<'a> {
    /// Who.
    #[serde(borrow)]
    pub subject: Subject<'a>,
    /// What.
    #[serde(borrow)]
    pub action: Action<'a>,
    /// To what.
    #[serde(borrow)]
    pub resource: Resource<'a>,
    /// Under which circumstances.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Object<'a>>,
}

/// The kind of resource searched for; an id is ignored.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ResourceType<'a> {
    /// Kind of resource.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// More about it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Object<'a>>,
}

/// Which part of a long list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Page {
    /// `next_token` of the page before; absent or empty for the first. Drafts called it
    /// `next_token` here as well.
    #[serde(default, alias = "next_token", skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// At most so many results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which resources may this subject do this to? Section 8.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct ResourceSearch<'a> {
    /// Who.
    #[serde(borrow)]
    pub subject: Subject<'a>,
    /// What.
    #[serde(borrow)]
    pub action: Action<'a>,
    /// The kind of resource.
    #[serde(borrow)]
    pub resource: ResourceType<'a>,
    /// Under which circumstances.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Object<'a>>,
    /// Which part of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// Reads the body of `/access/v1/evaluation`.
///
/// # Errors
/// The codes of [`json::parse`]; `authzen.empty` and `authzen.too_long` with the field.
pub fn parse_evaluation(body: &[u8]) -> Result<Evaluation<'_>, RequestFault> {
    let question: Evaluation<'_> = json::parse(body, LONGEST_BODY)?;
    question.check()?;
    Ok(question)
}

/// Reads the body of `/access/v1/search/resource`.
///
/// # Errors
/// As [`parse_evaluation`].
pub fn parse_resource_search(body: &[u8]) -> Result<ResourceSearch<'_>, RequestFault> {
    let search: ResourceSearch<'_> = json::parse(body, LONGEST_BODY)?;
    search.subject.check()?;
    search.action.check()?;
    check_name("resource.type", &search.resource.kind)?;
    Ok(search)
}

impl Evaluation<'_> {
    pub(super) fn check(&self) -> Result<(), RequestFault> {
        self.subject.check()?;
        self.action.check()?;
        self.resource.check()
    }
}

impl Subject<'_> {
    pub(super) fn check(&self) -> Result<(), RequestFault> {
        check_name("subject.type", &self.kind)?;
        check_name("subject.id", &self.id)
    }
}

impl Action<'_> {
    pub(super) fn check(&self) -> Result<(), RequestFault> {
        check_name("action.name", &self.name)
    }
}

impl Resource<'_> {
    pub(super) fn check(&self) -> Result<(), RequestFault> {
        check_name("resource.type", &self.kind)?;
        check_name("resource.id", &self.id)
    }
}

fn check_name(field: &'static str, value: &str) -> Result<(), RequestFault> {
    match value.len() {
        0 => Err(RequestFault::Empty { field }),
        length if length > LONGEST_NAME => Err(RequestFault::TooLong { field }),
        _ if value.chars().any(char::is_control) => Err(RequestFault::TooLong { field }),
        _ => Ok(()),
    }
}
