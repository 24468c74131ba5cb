//! Answers in AuthZEN's form: reasons in two languages, how long they hold, what could be offered.
//!
//! Source: brief tve §3.5; AuthZEN Authorization API 1.0 §5.5; AuthZEN Profile for Obligations,
//! draft 1 of 2026-07-03 (the object's `type` and `id`).

use axum::response::{IntoResponse, Response};
use base::kernel::Error;
use domain::decisions::{Answer, Finding, PinFor, Station};
use formats::authzen::EvaluationResponse;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use web::{Language, Problem, reasons, status_of, words};

/// The context of an answer.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Context {
    /// A decision.
    Decided(Decided),
    /// A question among many that could not be answered: refused, because decisions fail closed.
    Failed {
        /// Why.
        error: Failure,
    },
}

/// What goes with a decision.
#[derive(Serialize)]
pub(super) struct Decided {
    trace: String,
    ttl_s: i64,
    codes: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_user: Option<BothLanguages>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_admin: Option<BothLanguages>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Finding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obligations: Vec<Obligation>,
}

/// Why a question among many was not answered.
#[derive(Serialize)]
pub(super) struct Failure {
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    message: &'static str,
}

#[derive(Serialize)]
struct BothLanguages {
    ja: String,
    en: String,
}

/// What a platform may do about a refusal.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Doing {
    /// Offer these products.
    Offer { products: Vec<Offered> },
    /// Lead to the parental settings of the household.
    ParentalSettings,
    /// Ask the viewer for this PIN, or lead them to where they set one, and ask again with it.
    AskPin { pin: PinFor, set: bool },
}

#[derive(Serialize)]
struct Obligation {
    r#type: &'static str,
    id: &'static str,
    vendor: &'static str,
    #[serde(flatten)]
    doing: Doing,
}

#[derive(Serialize)]
struct Offered {
    code: String,
    kind: &'static str,
    name: BothLanguages,
}

/// One answer of `/access/v1/evaluations` or the whole of `/access/v1/evaluation`.
pub(super) type Evaluated = EvaluationResponse<Context>;

/// Words an answer.
pub(super) fn word(answer: Answer) -> Evaluated {
    let Answer { decision, trace, station } = answer;
    let codes = decision.codes().collect();
    let mut decided = Decided {
        trace,
        ttl_s: decision.ttl_s,
        codes,
        reason_user: None,
        reason_admin: None,
        findings: Vec::new(),
        obligations: Vec::new(),
    };
    let permit = decision.permit();
    if let Some(first) = decision.findings.first() {
        let user = |language| reasons::for_user(language, first, &station, &decided.trace);
        decided.reason_user = Some(both(user));
        let admin = |language| reasons::for_admin(language, &decision.findings, &station);
        decided.reason_admin = Some(both(admin));
        decided.obligations = obligations(&decision.findings, &decision.offers, &station);
        decided.findings = decision.findings;
    }
    EvaluationResponse { decision: permit, context: Some(Context::Decided(decided)) }
}

fn both(word: impl Fn(Language) -> String) -> BothLanguages {
    BothLanguages { ja: word(Language::Japanese), en: word(Language::English) }
}

fn obligations(findings: &[Finding], offers: &[String], station: &Station) -> Vec<Obligation> {
    let obligation = |id, doing| Obligation { r#type: "custom", id, vendor: "aikagi", doing };
    let mut obligations = Vec::new();
    if !offers.is_empty() {
        let products = offers.iter().filter_map(|code| offered(station, code)).collect();
        obligations.push(obligation("offer", Doing::Offer { products }));
    }
    let parental = |finding: &Finding| {
        matches!(finding, Finding::AdultNotAllowed { .. } | Finding::RatedAbove { .. })
    };
    if findings.iter().any(parental) {
        obligations.push(obligation("parental", Doing::ParentalSettings));
    }
    let pin = |finding: &Finding| match finding {
        Finding::PinNeeded { pin, set, .. } => Some(Doing::AskPin { pin: *pin, set: *set }),
        _ => None,
    };
    obligations.extend(findings.iter().find_map(pin).map(|doing| obligation("pin", doing)));
    obligations
}

fn offered(station: &Station, code: &str) -> Option<Offered> {
    let product = station.catalogue.get(code)?;
    let name = BothLanguages { ja: product.name_ja.clone(), en: product.name_en.clone() };
    Some(Offered { code: code.to_owned(), kind: product.kind.as_str(), name })
}

/// Words a question among many that could not be answered.
///
/// # Errors
/// Whatever is no fault of the question: then none of the many is answered.
pub(super) fn word_failure(error: Error, language: Language) -> Result<Evaluated, Problem> {
    let (status, code) = (status_of(&error).as_u16(), error.code());
    let field = match error {
        Error::Invalid { field, .. } => Some(field),
        Error::NotFound { .. } => None,
        other => return Err(other.into()),
    };
    let error = Failure { status, code, field, message: words::error(language, code) };
    Ok(EvaluationResponse { decision: false, context: Some(Context::Failed { error }) })
}

/// A body as JSON.
pub(super) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(Error::internal)?;
    let mut response = bytes.into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
