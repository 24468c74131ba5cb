//! What a column is, and the macro that makes a record's struct and its table from one list.

/// Bytes of a fixed-width record without its line end.
pub const RECORD_BYTES: usize = 256;

/// How a value stands in its column of a fixed-width record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// At the left, filled with spaces.
    Left,
    /// Digits at the right, filled with zeros; blank is all spaces.
    Zeros,
}

/// One column of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name, as the struct's field and the CSV title row have it.
    pub name: &'static str,
    /// First byte in the fixed-width record, counted from 1 as in the specification.
    pub start: usize,
    /// Bytes in CP932.
    pub length: usize,
    /// Where the value stands.
    pub alignment: Alignment,
}

impl Column {
    /// The column's bytes of a fixed-width record; empty when the record is too short.
    #[must_use]
    pub fn of<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        let first = self.start.saturating_sub(1);
        record.get(first..first + self.length).unwrap_or_default()
    }

    /// The value without its padding, leading zeros restored.
    pub(super) fn value(&self, text: &str) -> String {
        let text = text.trim_matches(' ');
        let short = !text.is_empty() && text.len() < self.length;
        if self.alignment == Alignment::Zeros && short && text.bytes().all(|b| b.is_ascii_digit()) {
            return format!("{text:0>width$}", width = self.length);
        }
        text.to_owned()
    }
}

/// A record that exists on the wire: its letter, its columns, and the way between them and a struct.
pub(super) trait Wire: Sized {
    /// The record type, first byte and first CSV column.
    const MARK: u8;
    /// The columns after the record type, in order.
    const COLUMNS: &'static [Column];

    /// A record whose fields are what `read` gives for each column, asked in order.
    fn fill(read: impl FnMut(&'static Column) -> String) -> Self;

    /// Calls `write` with each column and its value, in order, until one fails.
    fn each<E>(&self, write: impl FnMut(&'static Column, &str) -> Result<(), E>) -> Result<(), E>;
}

/// One list of columns → struct, table and [`Wire`].
macro_rules! record {
    (
        $(#[$about:meta])*
        $record:ident, $table:ident, $mark:literal {
            $( $(#[$meaning:meta])* $field:ident: $start:literal, $length:literal, $alignment:ident; )+
        }
    ) => {
        $(#[$about])*
        ///
        /// All fields are the text of their column, without padding; empty means blank.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $record {
            $( $(#[$meaning])* pub $field: String, )+
        }

        #[doc = concat!("The columns of [`", stringify!($record), "`] after the record type.")]
        pub const $table: &[Column] = &[
            $( Column {
                name: stringify!($field),
                start: $start,
                length: $length,
                alignment: Alignment::$alignment,
            }, )+
        ];

        impl Wire for $record {
            const MARK: u8 = $mark;
            const COLUMNS: &'static [Column] = $table;

            fn fill(mut read: impl FnMut(&'static Column) -> String) -> Self {
                let mut columns = Self::COLUMNS.iter();
                Self { $( $field: columns.next().map(&mut read).unwrap_or_default(), )+ }
            }

            fn each<E>(
                &self,
                mut write: impl FnMut(&'static Column, &str) -> Result<(), E>,
            ) -> Result<(), E> {
                let values = [ $( self.$field.as_str(), )+ ];
                Self::COLUMNS.iter().zip(values).try_for_each(|(column, value)| write(column, value))
            }
        }
    };
}

pub(super) use record;
