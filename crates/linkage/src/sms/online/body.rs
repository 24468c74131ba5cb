//! From JSON to a command. Strict: a field that is unknown, or means nothing for the operation, is
//! refused, because it was meant to mean something.

use base::kernel::{Error, Instant, Result};
use domain::commands::{Command, End, Op};
use domain::subscribers::{Attributes, Reason, Role, Unit};
use serde::Deserialize;

/// `field.not_for_operation` — the operation has no use for this field.
const NOT_FOR_OPERATION: &str = "field.not_for_operation";

/// A command as an SMS writes it — `docs/api/sms-online.md#commands`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Body {
    pub(super) request_id: Option<String>,
    pub(super) contract_no: Option<String>,
    op: String,
    r#gen: Option<i64>,
    person_no: Option<i64>,
    product: Option<String>,
    reason: Option<String>,
    effective_at: Option<String>,
    end_at: Option<String>,
    attributes: Option<Known>,
    new_contract_no: Option<String>,
    cancels: Option<String>,
    r#ref: Option<String>,
    new_device: Option<String>,
}

/// What is known of a contract or person.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Known {
    kana: Option<String>,
    birth_on: Option<String>,
    adult_allowed: Option<bool>,
    max_rating: Option<String>,
    credit_rank: Option<String>,
    telephone: Option<String>,
    postal_code: Option<String>,
    note: Option<String>,
    unit: Option<String>,
    bulk_parent: Option<String>,
    age_verified_by: Option<String>,
    role: Option<String>,
}

impl Body {
    /// The command, for the contract and request that are named elsewhere.
    ///
    /// # Errors
    /// `operation.unknown`, `field.not_for_operation`, `hold.reason_unknown`, `time.malformed`,
    /// `rating.unknown`, `contract.unit_unknown`, `person.role_unknown`.
    pub(super) fn command(self, request_id: &str, number: &str) -> Result<Command> {
        let op = operation(&self.op)?;
        self.check_fields(op)?;
        let instant = |text: &Option<String>, field: &str| {
            text.as_deref().map(|text| Instant::parse_rfc3339(text, field)).transpose()
        };
        let mut command = Command::new(request_id, op, number);
        command.effective_at = instant(&self.effective_at, "effective_at")?;
        command.end_at = match self.end_at.as_deref() {
            None => None,
            Some("END_OF_MONTH") => Some(End::Month),
            Some("END_OF_DAY") => Some(End::Day),
            Some(text) => Some(End::At(Instant::parse_rfc3339(text, "end_at")?)),
        };
        command.reason =
            self.reason.as_deref().map(|text| Reason::parse(text, "reason")).transpose()?;
        command.attributes =
            self.attributes.map(Known::attributes).transpose()?.unwrap_or_default();
        command.generation = self.r#gen;
        command.person_no = self.person_no.unwrap_or(0);
        command.product = self.product;
        command.new_number = self.new_contract_no;
        command.cancels = self.cancels;
        command.reference = self.r#ref;
        command.new_device = self.new_device;
        Ok(command)
    }

    /// Refuses what the operation has no use for.
    fn check_fields(&self, op: Op) -> Result<()> {
        let key = matches!(op, Op::KeyOpen | Op::KeyClose | Op::KeyRevoke);
        let held = matches!(op, Op::Suspend | Op::Resume | Op::PersonSuspend | Op::PersonResume);
        let described = matches!(op, Op::Start | Op::Attr | Op::PersonAdd | Op::CreditSet);
        let referred = matches!(op, Op::Suspend | Op::PersonSuspend | Op::DeviceReplace);
        let given = [
            ("product", self.product.is_some(), key),
            ("reason", self.reason.is_some(), held),
            ("end_at", self.end_at.is_some(), matches!(op, Op::KeyOpen | Op::KeyClose)),
            ("attributes", self.attributes.is_some(), described),
            ("new_contract_no", self.new_contract_no.is_some(), op == Op::Replace),
            ("cancels", self.cancels.is_some(), op == Op::CancelScheduled),
            ("ref", self.r#ref.is_some(), referred),
            ("new_device", self.new_device.is_some(), op == Op::DeviceReplace),
            ("effective_at", self.effective_at.is_some(), op != Op::CancelScheduled),
        ];
        match given.into_iter().find(|(_, there, useful)| *there && !useful) {
            Some((field, ..)) => Err(Error::invalid(NOT_FOR_OPERATION, field)),
            None => Ok(()),
        }
    }
}

/// `SUSPEND`: the words of the commands themselves.
fn operation(word: &str) -> Result<Op> {
    if word.is_empty() {
        return Err(Error::invalid("field.required", "op"));
    }
    let named = serde_json::Value::from(word);
    serde_json::from_value(named).map_err(|_| Error::invalid("operation.unknown", "op"))
}

impl Known {
    fn attributes(self) -> Result<Attributes> {
        let years = match self.max_rating.as_deref() {
            None => None,
            Some("G") => Some(0),
            Some("PG12") => Some(12),
            Some("R15+") => Some(15),
            Some("R18+") => Some(18),
            Some(_) => return Err(Error::invalid("rating.unknown", "max_rating")),
        };
        let role = match self.role.as_deref() {
            None => None,
            Some("ADULT") => Some(Role::Adult),
            Some("CHILD") => Some(Role::Child),
            Some(_) => return Err(Error::invalid("person.role_unknown", "role")),
        };
        Ok(Attributes {
            kana: self.kana,
            birth_on: self.birth_on,
            adult_allowed: self.adult_allowed,
            max_rating_years: years,
            credit_rank: self.credit_rank,
            telephone: self.telephone,
            postal_code: self.postal_code,
            note: self.note,
            unit: self.unit.as_deref().map(Unit::parse).transpose()?,
            bulk_parent: self.bulk_parent,
            age_verified_by: self.age_verified_by,
            role,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callers::read_json;

    fn command(text: &str) -> Result<Command> {
        let body: Body = read_json(text.as_bytes(), 10_000)?;
        body.command("r-1", "A-001")
    }

    fn refusal(text: &str) -> String {
        command(text).unwrap_err().to_string()
    }

    #[test]
    fn a_suspension_is_read_as_it_is_written_in_the_guide() {
        let text = r#"{"op":"SUSPEND","reason":"10","effective_at":"2026-11-22T15:00:00+09:00",
                       "ref":"未納督促3回目"}"#;
        let command = command(text).unwrap();
        assert_eq!((command.op, command.reason), (Op::Suspend, Some(Reason::Unpaid)));
        assert_eq!(command.effective_at.unwrap().compact_jst(), "20261122150000");
        assert_eq!(command.reference.as_deref(), Some("未納督促3回目"));
    }

    #[test]
    fn a_key_ends_with_the_month_the_day_or_at_an_instant() {
        let end = |text: &str| {
            let body = format!(r#"{{"op":"KEY_CLOSE","product":"P","end_at":"{text}"}}"#);
            command(&body).map(|command| command.end_at)
        };
        assert_eq!(end("END_OF_MONTH"), Ok(Some(End::Month)));
        assert_eq!(end("END_OF_DAY"), Ok(Some(End::Day)));
        assert!(matches!(end("2026-12-01T00:00:00+09:00"), Ok(Some(End::At(_)))));
        assert_eq!(end("EOM").unwrap_err(), Error::invalid("time.malformed", "end_at"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(refusal("{}"), "field.required (op)");
        assert_eq!(refusal(r#"{"op":"EXPLODE"}"#), "operation.unknown (op)");
        assert_eq!(refusal(r#"{"op":"STOP","resaon":"10"}"#), "json.unknown_field (resaon)");
        assert_eq!(refusal(r#"{"op":"STOP","reason":"10"}"#), "field.not_for_operation (reason)");
        assert_eq!(refusal(r#"{"op":"SUSPEND","reason":"11"}"#), "hold.reason_unknown (reason)");
        assert_eq!(refusal(r#"{"op":"STOP","op":"STOP"}"#), "json.repeated (op)");
        let unit = r#"{"op":"START","attributes":{"unit":"CASTLE"}}"#;
        assert_eq!(refusal(unit), "contract.unit_unknown (unit)");
        let role = r#"{"op":"PERSON_ADD","person_no":2,"attributes":{"role":"OWNER"}}"#;
        assert_eq!(refusal(role), "person.role_unknown (role)");
        let deep = format!(r#"{{"op":{}"#, "[".repeat(100_000));
        assert_eq!(
            read_json::<Body>(deep.as_bytes(), 1 << 20).unwrap_err().to_string(),
            "json.too_deep (body)"
        );
    }
}
