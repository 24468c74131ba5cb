//! Whole files that are refused, each with the place.

use super::*;

fn place(fault: &FileFault) -> (&str, u64, u64, Option<&str>) {
    (fault.code, fault.line, fault.offset, fault.column)
}

#[test]
fn a_length_is_refused_with_line_and_byte() {
    let good = file(Form::FIXED, &[record(1, "101"), record(2, "103")]);
    let mut short = good.clone();
    short.remove(300);
    assert_eq!(place(&fault(&short, Layout::Fixed)), ("F006", 2, 258, None));
    let mut long = good.clone();
    long.insert(600, b' ');
    assert_eq!(place(&fault(&long, Layout::Fixed)), ("F006", 3, 516, None));
    assert_eq!(fault(&good[..600], Layout::Fixed).code, "F006", "cut in a record");
    assert_eq!(place(&fault(&good[..516], Layout::Fixed)), ("F007", 3, 516, None));
    assert_eq!(fault(b"", Layout::Fixed).found, "the end of the file");
    let more = [good.as_slice(), b"\r\n"].concat();
    assert_eq!(place(&fault(&more, Layout::Fixed)), ("F006", 5, 1032, None));
}

/// Gives ASCII without a line feed for as long as one asks, and counts.
struct Endless(u64);

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(b'H');
        self.0 += u64::try_from(buffer.len()).unwrap();
        Ok(buffer.len())
    }
}

#[test]
fn an_endless_line_is_refused_without_being_read() {
    for layout in [Layout::Fixed, Layout::Csv] {
        let mut endless = Endless(0);
        let error = scan(std::io::BufReader::new(&mut endless), layout).unwrap_err();
        assert!(matches!(error, ReadError::Fault(FileFault { code: "F006", line: 1, .. })));
        assert!(endless.0 <= 16 * 1024, "{} bytes were read", endless.0);
    }
    let open = b"H,\"".iter().copied().chain(std::iter::repeat_n(b'\n', 1 << 20));
    let fault = fault(&open.collect::<Vec<u8>>(), Layout::Csv);
    assert_eq!(fault.expected, "a record of at most 8192 bytes");
}

#[test]
fn columns_are_counted() {
    let text = |file: Vec<u8>| String::from_utf8(file).unwrap();
    let good = text(file(Form::csv(Charset::Utf8), &[record(1, "101")]));
    let missing = good.replacen(",103,", ",", 1).replacen(",101,", ",", 1);
    let refused = fault(missing.as_bytes(), Layout::Csv);
    assert_eq!((refused.code, refused.line), ("F006", 2));
    assert_eq!((&*refused.expected, &*refused.found), ("20 columns", "19 columns"));
    let stray = good.replacen("C0012345", "C\"0012345", 1);
    assert_eq!(fault(stray.as_bytes(), Layout::Csv).code, "F006");
    assert_eq!(fault(good.replacen("\r\n", "\r\n\r\n", 1).as_bytes(), Layout::Csv).line, 2);
    assert_eq!(
        fault(good.replacen("\nD", "\nX", 1).as_bytes(), Layout::Csv).found,
        "record type X"
    );
    let fixed = file(Form::FIXED, &[]);
    assert_eq!(fault(&fixed, Layout::Csv).expected, "csv");
    assert_eq!(fault(good.as_bytes(), Layout::Fixed).expected, "dat");
}

#[test]
fn line_numbers_have_no_gap() {
    let gap = file(Form::FIXED, &[record(1, "101"), record(3, "103")]);
    let refused = fault(&gap, Layout::Fixed);
    assert_eq!(place(&refused), ("F006", 3, 516, Some("line")));
    assert_eq!((&*refused.expected, &*refused.found), ("00000002", "00000003"));
}

#[test]
fn counts_and_hash_are_compared() {
    let good = file(Form::FIXED, &[record(1, "101"), record(2, "103"), record(3, "999")]);
    let trailer = 4 * 258;
    for (at, column) in [(1, "count"), (9, "starts"), (25, "suspensions"), (57, "others")] {
        let mut wrong = good.clone();
        wrong[trailer + at] = b'7';
        let refused = fault(&wrong, Layout::Fixed);
        assert_eq!(place(&refused), ("F007", 5, 1032, Some(column)));
    }
    let mut wrong = good.clone();
    wrong[trailer + 66] ^= 1;
    assert_eq!(fault(&wrong, Layout::Fixed).code, "F008");
    let mut changed = good;
    changed[258 + 200] = b'x';
    assert_eq!(fault(&changed, Layout::Fixed).code, "F008", "one byte of a note");
}

#[test]
fn utf8_declared_as_cp932_is_refused_at_the_first_bad_byte() {
    let utf8 = file(Form::csv(Charset::Utf8), &[record(1, "101"), record(2, "103")]);
    let lie = String::from_utf8(utf8).unwrap().replacen("UTF8", "CP932", 1);
    let refused = fault(lie.as_bytes(), Layout::Csv);
    assert_eq!((refused.code, refused.line, &*refused.found), ("F009", 2, "UTF-8"));
    let bad = lie.find('ｹ').unwrap() as u64;
    assert_eq!(refused.offset, bad, "ｹ is EF BD B9, and EF BD is no character of CP932");

    let mut fixed = file(Form::FIXED, &[record(1, "101")]);
    fixed.splice(258 + 99..258 + 108, "ｹｰﾌﾞﾙ".bytes());
    let refused = fault(&fixed, Layout::Fixed);
    assert_eq!((refused.code, refused.line), ("F006", 2), "neither: the note is still CP932");
    let note = Record { note: String::new(), ..record(1, "101") };
    let mut fixed = file(Form::FIXED, &[note]);
    fixed.splice(258 + 99..258 + 108, "ｹｰﾌﾞﾙ".bytes());
    let refused = fault(&fixed, Layout::Fixed);
    assert_eq!(place(&refused), ("F009", 2, 258 + 99, None), "not just a wrong length");
}

#[test]
fn other_lies_about_the_character_set_are_refused() {
    let cp932 = file(Form::csv(Charset::Cp932), &[record(1, "101")]);
    let at = cp932.windows(5).position(|window| window == b"CP932").unwrap();
    let mut lie = cp932.clone();
    lie.splice(at..at + 5, *b"UTF8");
    assert_eq!(fault(&lie, Layout::Csv).code, "F009", "CP932 declared as UTF-8");
    let marked = [b"\xEF\xBB\xBF", cp932.as_slice()].concat();
    let refused = fault(&marked, Layout::Csv);
    assert_eq!(place(&refused), ("F009", 1, 0, None), "a byte order mark under CP932");
    let mut unknown = cp932;
    unknown.splice(at..at + 5, *b"EUCJP");
    assert_eq!(place(&fault(&unknown, Layout::Csv)).3, Some("charset"));
    let utf16 = "\u{FEFF}H,0100".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    assert_eq!(fault(&utf16, Layout::Csv).found, "UTF-16");
    let mut fixed = file(Form::FIXED, &[]);
    fixed[46..51].copy_from_slice(b"UTF8 ");
    assert_eq!(place(&fault(&fixed, Layout::Fixed)), ("F009", 1, 46, Some("charset")));
}

#[test]
fn a_fault_reads_as_a_sentence_without_any_value() {
    let gap = file(Form::FIXED, &[record(1, "101"), record(3, "103")]);
    assert_eq!(
        fault(&gap, Layout::Fixed).to_string(),
        "F006 line 3, byte 516, column line: expected 00000002, found 00000003"
    );
}
