//! Lines that are spoiled alone, and what is tolerated.

use super::*;

#[test]
fn bad_characters_spoil_their_line_only() {
    let mut bytes = file(Form::FIXED, &[record(1, "101"), record(2, "103"), record(3, "104")]);
    let kana = 2 * 258 + 99;
    // 表 cut in the middle by the end of the column.
    bytes[kana..kana + 40]
        .copy_from_slice(&[b"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLM", &[0x95][..]].concat());
    bytes[3 * 258 + 194..3 * 258 + 196].copy_from_slice(b"\xF0\x40");
    let rows = rows(&bytes, Layout::Fixed);
    assert!(rows[0].record.is_ok());

    let cut = rows[1].record.as_ref().unwrap_err();
    assert_eq!((cut.code(), cut.column, cut.problem), ("E204", "name_kana", Problem::Truncated));
    assert_eq!(cut.offset, kana as u64 + 39);
    assert_eq!(cut.readable.request_id, "SMS-2026112200000002", "the answer can name the line");
    assert_eq!(cut.readable.name_kana, "");

    let gaiji = rows[2].record.as_ref().unwrap_err();
    assert_eq!((gaiji.code(), gaiji.problem), ("E204", Problem::UserDefined));
    assert_eq!(gaiji.offset, 3 * 258 + 194);
    assert_eq!(gaiji.to_string(), "E204 column note, byte 968: user-defined character");
}

#[test]
fn bad_characters_in_csv_are_found_behind_quotes() {
    for (charset, bad) in [(Charset::Cp932, &b"\xF0\x40"[..]), (Charset::Utf8, b"\xEE\x80\x80")] {
        let mut bytes = file(Form::csv(charset), &[record(1, "101")]);
        let marker = charset.decode(&bytes).unwrap().contains("支店");
        assert!(marker);
        let quoted = bytes.windows(2).position(|window| window == b"\"\"").unwrap() + 2;
        bytes.splice(quoted..quoted, bad.iter().copied());
        let row = rows(&bytes, Layout::Csv).remove(0);
        let fault = row.record.unwrap_err();
        assert_eq!((fault.code(), fault.column), ("E204", "note"));
        assert_eq!(fault.offset, quoted as u64, "{charset:?}");
    }
}

#[test]
fn half_a_utf8_character_after_good_ones_spoils_its_line_only() {
    let mut bytes = file(Form::csv(Charset::Utf8), &[record(1, "101"), record(2, "103")]);
    let last = bytes.windows(3).rposition(|window| window == "ﾀ".as_bytes()).unwrap();
    bytes.remove(last + 2);
    let rows = rows(&bytes, Layout::Csv);
    assert!(rows[0].record.is_ok());
    assert_eq!(rows[1].record.as_ref().unwrap_err().column, "name_kana");
}

#[test]
fn form_is_checked_by_line() {
    let text = String::from_utf8(file(Form::csv(Charset::Utf8), &[record(1, "101")])).unwrap();
    let row = |from: &str, to: &str| {
        rows(text.replacen(from, to, 1).as_bytes(), Layout::Csv).remove(0).record
    };
    let long = row("C0012345", "C00123456789012345678").unwrap_err();
    assert_eq!((long.code(), long.column), ("E202", "contract_number"));
    assert_eq!(long.offset, text.find("C0012345").unwrap() as u64);
    let split = row("C0012345", "\"C00\r\n12345\"").unwrap_err();
    assert_eq!((split.problem, split.column), (Problem::Control, "contract_number"));
    assert!(row("ｹｰﾌﾞﾙ ﾀﾛｳ", &"ｱ".repeat(40)).is_ok(), "forty bytes in CP932");
    assert_eq!(row("ｹｰﾌﾞﾙ ﾀﾛｳ", &"ア".repeat(21)).unwrap_err().problem, Problem::TooLong);
}

#[test]
fn a_spreadsheet_may_have_touched_the_file() {
    let text = String::from_utf8(file(Form::csv(Charset::Utf8), &[record(1, "101")])).unwrap();
    let touched = text
        .replacen("D,00000001,", "D,1,", 1)
        .replacen(",00,000,", ",0, 0 ,", 1)
        .replacen("UTF8,0\r\n", "UTF8,0,,,,\r\n", 1);
    let titled = format!("\u{FEFF}record_type,line,request_id\r\n{touched}");
    let row = rows(titled.as_bytes(), Layout::Csv).remove(0);
    assert_eq!(row.record.unwrap(), record(1, "101"));
}

#[test]
fn lf_and_a_missing_last_line_end_are_tolerated() {
    let good = file(Form::FIXED, &[record(1, "101")]);
    let unix: Vec<u8> = good.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert_eq!(rows(&unix, Layout::Fixed).len(), 1);
    assert_eq!(fault(&unix, Layout::Fixed).code, "F008", "the hash covers the line ends");
    assert_eq!(scan(&good[..good.len() - 2], Layout::Fixed).unwrap().lines, 1);
}
