//! The screen: what commands print, and nothing else prints.
//!
//! Results go to standard output, faults to standard error. A reader who left (`| head`) is no fault.

use std::io::Write as _;

/// One line of a result.
pub fn line(text: impl std::fmt::Display) {
    let _reader_left = writeln!(std::io::stdout().lock(), "{text}");
}

/// One line about what went wrong.
pub fn fault(text: impl std::fmt::Display) {
    let _reader_left = writeln!(std::io::stderr().lock(), "{text}");
}

/// Rows under a heading, columns aligned. Japanese characters are two columns wide.
pub fn table(heading: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = heading.iter().map(|text| width(text)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let show = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, widest)| {
            format!("{cell}{}", " ".repeat(widest.saturating_sub(width(cell))))
        });
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    show(heading.to_vec());
    for row in rows {
        show(row.iter().map(String::as_str).collect());
    }
}

/// Columns of a terminal: everything from the Hangul and kana blocks upwards is wide, but for
/// half-width kana.
fn width(text: &str) -> usize {
    let wide = |letter: char| {
        ('\u{1100}'..='\u{ffdc}').contains(&letter) && !('\u{ff61}'..='\u{ffdc}').contains(&letter)
            || letter >= '\u{20000}'
    };
    text.chars().map(|letter| if wide(letter) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_two_columns_wide_and_half_width_kana_one() {
        assert_eq!(
            [width("OP0012"), width("北浜ケーブル"), width("ｷﾀﾊﾏ"), width("髙𠮷")],
            [6, 12, 4, 4]
        );
    }
}
