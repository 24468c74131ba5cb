//! From a line of a file to a command.
//!
//! Attributes count only where the operation is about them: a suspension that carries a name
//! changes no name. Source: brief tve §7.4.

use base::kernel::{Day, Error, Instant, Result};
use domain::commands::{Command, End, Op};
use domain::subscribers::{Attributes, Reason};
use formats::sms::Record;

/// The command a line asks for.
///
/// # Errors
/// `operation.unknown`, `field.malformed`, `time.malformed`, `date.malformed`,
/// `hold.reason_unknown`, `rating.unknown`, `contract.generation_invalid`,
/// `person.number_invalid`, each naming the field as the record's table does.
pub(super) fn command(record: &Record) -> Result<Command> {
    let op = Op::from_number(&record.operation)
        .ok_or_else(|| Error::invalid("operation.unknown", "operation"))?;
    let mut command = Command::new(&record.request_id, op, &record.contract_number);
    command.generation = match present(&record.generation) {
        None => None,
        Some(text) => Some(number(text, "contract.generation_invalid", "generation")?),
    };
    command.person_no = match present(&record.person_number) {
        None => 0,
        Some(text) => number(text, "person.number_invalid", "person_number")?,
    };
    command.product = present(&record.product_code).map(str::to_owned);
    command.reason = match present(&record.hold_reason) {
        None => None,
        Some(text) => Some(Reason::parse(text, "hold_reason")?),
    };
    command.effective_at = match present(&record.effective_at) {
        None => None,
        Some(text) => Some(Instant::parse_compact_jst(text, "effective_at")?),
    };
    command.end_at = match present(&record.end_at) {
        None => None,
        Some(text) if text.starts_with('E') => Some(End::Month),
        Some(text) if text.starts_with('D') => Some(End::Day),
        Some(text) => Some(End::At(Instant::parse_compact_jst(text, "end_at")?)),
    };
    command.attributes = attributes(op, record)?;
    // The one column for what comes in the place of something: a number, or a box.
    let new = present(&record.new_contract_number).map(str::to_owned);
    if op == Op::DeviceReplace {
        command.new_device = new;
    } else {
        command.new_number = new;
    }
    if is_reference(op) {
        command.reference = present(&record.note).map(str::to_owned);
    }
    Ok(command)
}

/// Whether the note is a word about the hold or the device, and not the contract's note.
const fn is_reference(op: Op) -> bool {
    matches!(op, Op::Suspend | Op::PersonSuspend | Op::DeviceReplace)
}

fn attributes(op: Op, record: &Record) -> Result<Attributes> {
    let text = |value: &String| present(value).map(str::to_owned);
    match op {
        Op::Start | Op::Attr | Op::PersonAdd => Ok(Attributes {
            kana: text(&record.name_kana),
            birth_on: match present(&record.birth_date) {
                None => None,
                Some(day) => Some(Day::parse_compact(day, "birth_date")?.iso()),
            },
            adult_allowed: match present(&record.adult_allowed) {
                None => None,
                Some("0") => Some(false),
                Some("1") => Some(true),
                Some(_) => return Err(Error::invalid("field.malformed", "adult_allowed")),
            },
            max_rating_years: rating(&record.max_rating)?,
            credit_rank: text(&record.credit_rank),
            telephone: text(&record.telephone),
            postal_code: text(&record.postal_code),
            note: text(&record.note),
            ..Attributes::default()
        }),
        Op::CreditSet => {
            Ok(Attributes { credit_rank: text(&record.credit_rank), ..Attributes::default() })
        }
        _ => Ok(Attributes::default()),
    }
}

fn rating(text: &str) -> Result<Option<i64>> {
    match present(text) {
        None => Ok(None),
        Some("G") => Ok(Some(0)),
        Some("P12") => Ok(Some(12)),
        Some("R15") => Ok(Some(15)),
        Some("R18") => Ok(Some(18)),
        Some(_) => Err(Error::invalid("rating.unknown", "max_rating")),
    }
}

fn present(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn number(text: &str, code: &'static str, field: &str) -> Result<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if digits { text.parse().ok() } else { None };
    parsed.ok_or_else(|| Error::invalid(code, field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(operation: &str) -> Record {
        Record {
            line: "00000001".into(),
            request_id: "SMS-2026112200000001".into(),
            operation: operation.into(),
            contract_number: "C0012345".into(),
            person_number: "000".into(),
            name_kana: "ﾀｶﾊｼ ﾊﾅｺ".into(),
            note: "督促3回目".into(),
            ..Record::default()
        }
    }

    #[test]
    fn a_suspension_takes_its_note_as_reference_and_no_attributes() {
        let suspend = Record { hold_reason: "10".into(), ..record("103") };
        let command = command(&suspend).unwrap();
        assert_eq!((command.op, command.reason), (Op::Suspend, Some(Reason::Unpaid)));
        assert_eq!(command.reference.as_deref(), Some("督促3回目"));
        assert_eq!(command.attributes, Attributes::default());
    }

    #[test]
    fn a_start_takes_attributes_dates_and_rating() {
        let start = Record {
            effective_at: "20261122230000".into(),
            birth_date: "19800229".into(),
            max_rating: "R15".into(),
            adult_allowed: "1".into(),
            ..record("101")
        };
        let command = command(&start).unwrap();
        assert_eq!(command.attributes.birth_on.as_deref(), Some("1980-02-29"));
        assert_eq!(command.attributes.max_rating_years, Some(15));
        assert_eq!(command.attributes.note.as_deref(), Some("督促3回目"));
        assert_eq!(command.effective_at.unwrap().compact_jst(), "20261122230000");
        assert_eq!(command.reference, None);
    }

    #[test]
    fn an_end_is_an_instant_or_a_letter() {
        let end = |text: &str| {
            let close = Record { end_at: text.into(), ..record("302") };
            command(&close).map(|command| command.end_at)
        };
        assert_eq!(end("EOM"), Ok(Some(End::Month)));
        assert_eq!(end("D"), Ok(Some(End::Day)));
        assert!(matches!(end("20261231235959"), Ok(Some(End::At(_)))));
        assert_eq!(end("20261301000000"), Err(Error::invalid("time.malformed", "end_at")));
    }

    #[test]
    fn what_can_not_be_read_is_named() {
        let named = |record: Record| match command(&record) {
            Err(Error::Invalid { code, field }) => (code, field),
            other => panic!("{other:?}"),
        };
        let bad = |code: &'static str, field: &str| (code, field.to_owned());
        assert_eq!(named(record("999")), bad("operation.unknown", "operation"));
        let wrong = Record { adult_allowed: "Y".into(), ..record("107") };
        assert_eq!(named(wrong), bad("field.malformed", "adult_allowed"));
        let wrong = Record { person_number: "-1".into(), ..record("202") };
        assert_eq!(named(wrong), bad("person.number_invalid", "person_number"));
        let wrong = Record { birth_date: "20270229".into(), ..record("101") };
        assert_eq!(named(wrong), bad("date.malformed", "birth_date"));
    }
}
