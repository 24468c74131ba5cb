//! The tables and the exact bytes.

use super::*;

#[test]
fn columns_follow_each_other_and_leave_room_for_nothing_else() {
    for (table, end) in [(HEADER, 55), (DATA, 224), (TRAILER, 129), (RESULT, 147)] {
        let mut last = 1;
        for column in table {
            assert!(column.start > last, "{} overlaps", column.name);
            last = column.start + column.length - 1;
        }
        assert_eq!(last, end);
    }
}

#[test]
fn the_example_of_the_specification_is_written_byte_for_byte() {
    let bytes = file(Form::FIXED, &[Record { note: String::new(), ..record(1, "103") }]);
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let starts = |line: &[u8], text: &str| {
        assert_eq!(line.len(), 257, "256 bytes and a carriage return");
        assert_eq!(line[..text.len()].escape_ascii().to_string(), text);
    };
    starts(lines[0], "H0100OP0012CT01D000001272026112222300020261122CP932   0");
    starts(
        lines[1],
        "D00000001SMS-2026112200000001103C0012345            00000            1020261122230000 ",
    );
    assert_eq!(&lines[1][99..110], b"\xB9\xB0\xCC\xDE\xD9 \xC0\xDB\xB3  ");
    starts(lines[2], "T0000000100000000000000000000000100000000000000000000000000000000");
}

#[test]
fn a_result_is_written_byte_for_byte() {
    let answer = ResultRecord {
        line: "00000001".into(),
        request_id: "SMS-2026112200000001".into(),
        operation: "103".into(),
        contract_number: "C0012345".into(),
        generation: "00".into(),
        person_number: "000".into(),
        result: "0".into(),
        code: String::new(),
        applied_at: "20261122230002".into(),
        state: "S".into(),
        version: "18".into(),
        message: "一時停止しました(料金未納)".into(),
    };
    let mut writer = ResultWriter::begin(Vec::new(), Form::FIXED, &header("CP932")).unwrap();
    writer.write(&answer).unwrap();
    let bytes = writer.finish().unwrap();
    let text = crate::cp932::decode(&bytes[258..516]).unwrap();
    let expected = "R00000001SMS-2026112200000001103C0012345            000000    20261122230002\
                    S0000000018一時停止しました(料金未納)";
    assert_eq!(text.trim_end(), expected);
    assert_eq!(&bytes[516..549], b"T00000001000000010000000000000000", "one line, one OK");
}

#[test]
fn a_message_is_cut_at_a_character_and_never_spoils_the_file() {
    let written = |form: Form, message: &str| {
        let answer = ResultRecord {
            line: "1".into(),
            result: "9".into(),
            code: "E204".into(),
            message: message.into(),
            ..ResultRecord::default()
        };
        let mut writer = ResultWriter::begin(Vec::new(), form, &header("CP932")).unwrap();
        writer.write(&answer).unwrap();
        let bytes = writer.finish().unwrap();
        let end = bytes.len() - if form.layout == Layout::Fixed { 258 } else { 140 };
        form.charset.decode(&bytes[..end]).unwrap().into_owned()
    };
    let long = format!("a{}", "字".repeat(40));
    assert!(written(Form::FIXED, &long).contains(&format!("a{} ", "字".repeat(29))));
    assert!(written(Form::FIXED, "〜まで").contains("～まで"), "transliterated");
    assert!(!written(Form::FIXED, "𠮷野様").contains('野'), "the code alone");
    assert!(written(Form::csv(Charset::Utf8), "𠮷野\n様").contains("𠮷野 様"));
    let csv = written(Form::csv(Charset::Cp932), "say \"no\", twice");
    assert!(csv.contains("\"say \"\"no\"\", twice\""));
}

#[test]
fn another_csv_reader_reads_what_we_write() {
    let bytes = file(Form::csv(Charset::Utf8), &[record(1, "101"), record(2, "103")]);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
    let all: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(all.len(), 4);
    assert_eq!(&all[2][0], "D");
    assert_eq!(&all[2][19], "髙橋㈱ ①, \"支店\"");
    assert_eq!(all[2].len(), DATA.len() + 1);
}
