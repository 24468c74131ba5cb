//! Files that exist, files that are wrong, and files that were made up.

mod faults;
mod layout;
mod lines;
mod round_trip;

use super::*;

/// A header for `charset` in the form of the brief's example.
fn header(charset: &str) -> Header {
    Header {
        format: "0100".into(),
        operator: "OP0012".into(),
        interface: "CT01".into(),
        kind: "D".into(),
        sequence: "00000127".into(),
        created_at: "20261122223000".into(),
        business_date: "20261122".into(),
        charset: charset.into(),
        test_flag: "0".into(),
    }
}

/// Line `number` with `operation` for the household of 髙橋.
fn record(number: u32, operation: &str) -> Record {
    Record {
        line: format!("{number:08}"),
        request_id: format!("SMS-20261122{number:08}"),
        operation: operation.into(),
        contract_number: "C0012345".into(),
        generation: "00".into(),
        person_number: "000".into(),
        hold_reason: "10".into(),
        effective_at: "20261122230000".into(),
        name_kana: "ｹｰﾌﾞﾙ ﾀﾛｳ".into(),
        note: "髙橋㈱ ①, \"支店\"".into(),
        ..Record::default()
    }
}

/// A sound file of these records.
fn file(form: Form, records: &[Record]) -> Vec<u8> {
    let mut writer = RequestWriter::begin(Vec::new(), form, &header(form.charset.name())).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap()
}

/// All rows of a file.
fn rows(file: &[u8], layout: Layout) -> Vec<Row> {
    let (_, reader) = Reader::open(file, layout).unwrap();
    reader.map(Result::unwrap).collect()
}

/// The fault for which a file is refused.
fn fault(file: &[u8], layout: Layout) -> FileFault {
    match scan(file, layout) {
        Err(ReadError::Fault(fault)) => fault,
        other => panic!("not refused: {other:?}"),
    }
}

const FORMS: [Form; 4] = [
    Form::FIXED,
    Form::csv(Charset::Cp932),
    Form::csv(Charset::Utf8),
    Form { layout: Layout::Csv, charset: Charset::Utf8, byte_order_mark: true },
];
