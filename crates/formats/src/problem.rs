//! Problem details: the body of an HTTP answer that says why not. Source: RFC 9457.

use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI for this kind of problem; `about:blank` when `code` says it all.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// The kind of problem in words, the same every time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// This occurrence as a URI, e.g. the request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Our stable dotted code.
    pub code: String,
    /// The fields at fault, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field: a JSON pointer (RFC 6901) or a parameter's name.
    pub field: String,
    /// Our stable dotted code.
    pub code: String,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_rfc_9457_has_it() {
        let problem = Problem {
            kind: about_blank(),
            title: "Contract unknown".into(),
            status: 404,
            detail: None,
            instance: Some("urn:request:01J".into()),
            code: "contract.unknown".into(),
            errors: Vec::new(),
        };
        let json = serde_json::to_string(&problem).unwrap();
        let expected = concat!(
            r#"{"type":"about:blank","title":"Contract unknown","status":404,"#,
            r#""instance":"urn:request:01J","code":"contract.unknown"}"#
        );
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), problem);
    }
}
