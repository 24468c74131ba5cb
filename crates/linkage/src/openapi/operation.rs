//! What a document says of each operation.

/// An operation of an endpoint.
pub(crate) struct Operation {
    /// As in HTTP, in small letters.
    pub(crate) method: &'static str,
    /// Its name, for generated programs.
    pub(crate) id: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    /// What the token has to be good for.
    pub(crate) scope: &'static str,
    /// What else it takes.
    pub(crate) takes: Takes,
    /// The statuses and schemas it is answered with.
    pub(crate) answers: &'static [(u16, &'static str)],
    /// Codes of its own refusals, besides [`COMMON`] and, with a body, [`BODY`].
    pub(crate) errors: &'static [&'static str],
}

/// What an operation takes besides what its path names.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    Nothing,
    /// What its address asks with.
    Asked(&'static [Parameter]),
    /// Headers or what its address asks with, and a body of this schema.
    With(&'static [Parameter], &'static str),
    /// A body of this schema.
    Body(&'static str),
    /// One whose members that are not in the schema are passed over.
    Open(&'static str),
    /// One that may be left out.
    BodyIfAny(&'static str),
}

/// Where a parameter stands, and what it looks like.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A header, of at most so many characters where there is a bound.
    Header(Option<u32>),
    /// A text of the query.
    Text,
    /// A number of the query, from the first to the last.
    Number(i64, i64),
}

/// A parameter that the path does not name.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) what: &'static str,
}

/// A word by which a request may be sent again.
pub(crate) const IDEMPOTENCY_KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    kind: Kind::Header(Some(64)),
    required: true,
    what: "With the same word the answer is the same, for 400 days",
};

/// Codes any operation may be refused with.
pub(crate) const COMMON: &[&str] = &[
    "token.missing",
    "token.invalid",
    "token.bound",
    "token.scope_missing",
    "dpop.proof_invalid",
    "dpop.nonce_needed",
    "operator.unknown",
    "operator.disabled",
    "request.too_many",
    "unavailable",
    "internal",
];

/// Codes of what is wrong with a body.
pub(crate) const BODY: &[&str] =
    &["json.malformed", "json.missing", "json.repeated", "json.too_deep", "json.too_long"];

/// Besides, where every member has to be known.
pub(crate) const STRICT: &str = "json.unknown_field";
