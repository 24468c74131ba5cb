//! The four records, column by column. This list is the specification.
//!
//! Source: `shared/briefs/tve.md` 7.4.

use std::convert::Infallible;

use super::columns::{Alignment, Column, Wire, record};

record! {
    /// `H` — who sends what, and how it is written.
    Header, HEADER, b'H' {
        /// Version of the layout, `0100`.
        format: 2, 4, Left;
        /// Operator code.
        operator: 6, 6, Left;
        /// Interface, e.g. `CT01`: contract, person and key commands.
        interface: 12, 4, Left;
        /// `D` delta, `F` full, `R` result.
        kind: 16, 1, Left;
        /// Sequence number of the operator and interface.
        sequence: 17, 8, Zeros;
        /// When the file was made, `YYYYMMDDhhmmss`, Japan time.
        created_at: 25, 14, Left;
        /// The business day the file belongs to, `YYYYMMDD`.
        business_date: 39, 8, Left;
        /// `CP932` or `UTF8`; blank is CP932, or UTF-8 after a byte order mark.
        charset: 47, 8, Left;
        /// `1`: evaluate and answer, change nothing.
        test_flag: 55, 1, Left;
    }
}

record! {
    /// `D` — one command.
    Record, DATA, b'D' {
        /// Line number, 00000001 and on without a gap.
        line: 2, 8, Zeros;
        /// The sender's own id of the command, unique for 400 days.
        request_id: 10, 20, Left;
        /// What to do, three digits: 101 start … 501 device exchange.
        operation: 30, 3, Zeros;
        /// Contract number.
        contract_number: 33, 20, Left;
        /// Generation of the contract number; blank is the latest.
        generation: 53, 2, Zeros;
        /// Person within the contract; 000 is the contract itself.
        person_number: 55, 3, Zeros;
        /// Product code, for keys.
        product_code: 58, 12, Left;
        /// Reason of the hold; blank on a resume is every hold of the sender.
        hold_reason: 70, 2, Zeros;
        /// When it takes effect, `YYYYMMDDhhmmss`, Japan time; blank is now.
        effective_at: 72, 14, Left;
        /// When it ends; or `E` end of month, `D` end of day in the first byte.
        end_at: 86, 14, Left;
        /// Name in half-width kana.
        name_kana: 100, 40, Left;
        /// Birth date, `YYYYMMDD`, of the owner only.
        birth_date: 140, 8, Left;
        /// Adult content allowed: 0, 1 or blank.
        adult_allowed: 148, 1, Left;
        /// Highest rating: `G`, `P12`, `R15`, `R18`.
        max_rating: 149, 3, Left;
        /// Credit rank: A, B, C, X.
        credit_rank: 152, 1, Left;
        /// Telephone number.
        telephone: 153, 15, Left;
        /// Postal code.
        postal_code: 168, 7, Left;
        /// The number that replaces `contract_number`.
        new_contract_number: 175, 20, Left;
        /// Free text, or the device.
        note: 195, 30, Left;
    }
}

impl Record {
    /// Each column with its value, in the order of the file.
    #[must_use]
    pub fn columns(&self) -> Vec<(&'static Column, String)> {
        let mut all = Vec::with_capacity(Self::COLUMNS.len());
        let Ok(()) = self.each(|column, value| {
            all.push((column, value.to_owned()));
            Ok::<_, Infallible>(())
        });
        all
    }
}

record! {
    /// `T` — how many, and the hash. In a result file `starts`, `stops` and `suspensions` hold the
    /// counts of OK, warnings and errors.
    Trailer, TRAILER, b'T' {
        /// Lines between header and trailer.
        count: 2, 8, Zeros;
        /// Lines with operation 101.
        starts: 10, 8, Zeros;
        /// Lines with operation 102.
        stops: 18, 8, Zeros;
        /// Lines with operation 103.
        suspensions: 26, 8, Zeros;
        /// Lines with operation 104.
        resumptions: 34, 8, Zeros;
        /// Lines with operation 301.
        key_opens: 42, 8, Zeros;
        /// Lines with operation 302.
        key_closes: 50, 8, Zeros;
        /// All other lines.
        others: 58, 8, Zeros;
        /// SHA-256, hex, of all bytes of the lines between header and trailer with their line ends.
        sha256: 66, 64, Left;
    }
}

record! {
    /// `R` — the answer to one line.
    ResultRecord, RESULT, b'R' {
        /// The line answered; 00000000 when the file was refused.
        line: 2, 8, Zeros;
        /// As in the request.
        request_id: 10, 20, Left;
        /// As in the request.
        operation: 30, 3, Zeros;
        /// As in the request.
        contract_number: 33, 20, Left;
        /// As in the request.
        generation: 53, 2, Zeros;
        /// As in the request.
        person_number: 55, 3, Zeros;
        /// `0` OK, `1` warning, `9` error.
        result: 58, 1, Left;
        /// Blank, or a code of brief 7.5 such as `W105`.
        code: 59, 4, Left;
        /// When it was applied, `YYYYMMDDhhmmss`, Japan time.
        applied_at: 63, 14, Left;
        /// State of the contract afterwards: `A` active, `S` suspended, `T` stopped, `R` reserved.
        state: 77, 1, Left;
        /// Version of the contract afterwards.
        version: 78, 10, Zeros;
        /// What happened, in words.
        message: 88, 60, Left;
    }
}
