//! What is written is read, in every form, also one byte at a time and from the middle.

use std::io::{BufReader, Cursor};

use proptest::prelude::*;

use super::*;

fn any_record() -> impl Strategy<Value = Record> {
    let names = ("[A-Z0-9-]{0,20}", "(|[ｦ-ﾟ]{1,20}( [ｦ-ﾟ]{1,19})?)", "(|[髙﨑㈱①あ-ん,\"]{1,15})");
    let codes = ("[0-9]{3}", "[0-9]{2}", "[A-Z0-9]{1,12}", "(|[0-9]{14}|E)");
    (names, codes).prop_map(|((id, kana, note), (operation, reason, product, end))| Record {
        request_id: id,
        operation,
        contract_number: "C-1".into(),
        generation: "00".into(),
        person_number: String::new(),
        product_code: product,
        hold_reason: reason,
        end_at: end,
        name_kana: kana,
        max_rating: "G".into(),
        note,
        ..Record::default()
    })
}

fn numbered(records: Vec<Record>) -> Vec<Record> {
    let number =
        |(record, number): (Record, u32)| Record { line: format!("{number:08}"), ..record };
    records.into_iter().zip(1..).map(number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(records in prop::collection::vec(any_record(), 0..12)) {
        let records = numbered(records);
        for form in FORMS {
            let bytes = file(form, &records);
            let found = scan(bytes.as_slice(), form.layout).unwrap();
            prop_assert_eq!(found.form, form);
            prop_assert_eq!(found.lines as usize, records.len());
            prop_assert_eq!(found.size as usize, bytes.len());
            let read: Vec<Record> =
                rows(&bytes, form.layout).into_iter().map(|row| row.record.unwrap()).collect();
            prop_assert_eq!(&read, &records);
        }
    }

    #[test]
    fn any_bytes_are_answered(noise in prop::collection::vec(any::<u8>(), 0..400), at in 0..1500_usize) {
        for form in FORMS {
            let mut bytes = file(form, &[record(1, "101"), record(2, "103")]);
            let at = at.min(bytes.len());
            let end = (at + noise.len()).min(bytes.len());
            bytes.splice(at..end, noise.iter().copied());
            let _ = scan(bytes.as_slice(), form.layout);
            if let Ok((_, reader)) = Reader::open(bytes.as_slice(), form.layout) {
                prop_assert!(reader.count() <= bytes.len());
            }
        }
    }
}

#[test]
fn a_file_is_picked_up_after_any_line() {
    let records: Vec<Record> = (1..=5).map(|number| record(number, "103")).collect();
    for form in FORMS {
        let bytes = file(form, &records);
        let all = rows(&bytes, form.layout);
        for row in &all {
            let mut input = Cursor::new(&bytes);
            input.set_position(row.next.offset);
            let rest: Vec<Row> =
                Reader::resume(input, form, row.next).map(Result::unwrap).collect();
            assert_eq!(rest, all[row.number as usize..], "{form:?} after {}", row.number);
        }
    }
}

#[test]
fn a_slow_reader_changes_nothing() {
    let records = [record(1, "102"), record(2, "103"), record(3, "302"), record(4, "401")];
    for form in FORMS {
        let bytes = file(form, &records);
        let whole = scan(bytes.as_slice(), form.layout).unwrap();
        let slow = scan(BufReader::with_capacity(1, bytes.as_slice()), form.layout).unwrap();
        assert_eq!(whole, slow);
        assert_eq!((whole.mass_change_lines, whole.counts.others), (3, 1));
        assert_eq!(whole.header.operator, "OP0012");
    }
}
