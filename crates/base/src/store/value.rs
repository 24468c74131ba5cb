//! Values that go into statements and rows that come out, the same for both databases.

use crate::kernel::{Error, Instant, Result};

/// A parameter or a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT: whole numbers, instants in ms, booleans 0/1.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BYTEA / BLOB.
    Bytes(Vec<u8>),
    /// A list for `IN ARRAY(?n)`.
    Texts(Vec<String>),
    /// A list for `IN ARRAY(?n)`.
    Ints(Vec<i64>),
}

/// Text with the zero character is refused alike on both databases: PostgreSQL can not keep it.
///
/// # Errors
/// `text.zero_character`
pub(super) fn check_texts(values: &[Value]) -> Result<()> {
    let zero = |text: &String| text.contains('\0');
    let bad = values.iter().any(|value| match value {
        Value::Text(text) => zero(text),
        Value::Texts(texts) => texts.iter().any(zero),
        Value::Null | Value::Int(_) | Value::Bytes(_) | Value::Ints(_) => false,
    });
    if bad { Err(Error::invalid("text.zero_character", "")) } else { Ok(()) }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Int(i64::from(yes))
    }
}

impl From<Instant> for Value {
    fn from(at: Instant) -> Self {
        Self::Int(at.ms())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        Self::Texts(list)
    }
}

impl From<Vec<i64>> for Value {
    fn from(list: Vec<i64>) -> Self {
        Self::Ints(list)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(maybe: Option<T>) -> Self {
        maybe.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer, read cell by cell in the order of the columns listed.
#[derive(Debug)]
pub struct Row {
    cells: std::vec::IntoIter<Value>,
}

impl Row {
    pub(super) fn new(cells: Vec<Value>) -> Self {
        Self { cells: cells.into_iter() }
    }

    fn cell(&mut self) -> Result<Value> {
        self.cells.next().ok_or_else(|| Error::internal("row has fewer columns than are read"))
    }

    /// The next column, TEXT NOT NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type or NULL.
    pub fn text(&mut self) -> Result<String> {
        self.text_if_any()?.ok_or_else(|| Error::internal("NULL where text is expected"))
    }

    /// The next column, TEXT or NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type.
    pub fn text_if_any(&mut self) -> Result<Option<String>> {
        match self.cell()? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            other => Err(wrong_type("text", &other)),
        }
    }

    /// The next column, BIGINT NOT NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type or NULL.
    pub fn int(&mut self) -> Result<i64> {
        self.int_if_any()?.ok_or_else(|| Error::internal("NULL where a number is expected"))
    }

    /// The next column, BIGINT or NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type.
    pub fn int_if_any(&mut self) -> Result<Option<i64>> {
        match self.cell()? {
            Value::Int(number) => Ok(Some(number)),
            Value::Null => Ok(None),
            other => Err(wrong_type("number", &other)),
        }
    }

    /// The next column, an instant in ms.
    ///
    /// # Errors
    /// `internal` when the column is of another type or NULL.
    pub fn instant(&mut self) -> Result<Instant> {
        self.int().map(Instant::from_ms)
    }

    /// The next column, an instant in ms or NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type.
    pub fn instant_if_any(&mut self) -> Result<Option<Instant>> {
        Ok(self.int_if_any()?.map(Instant::from_ms))
    }

    /// The next column, a boolean kept as 0/1.
    ///
    /// # Errors
    /// `internal` when the column is of another type or NULL.
    pub fn flag(&mut self) -> Result<bool> {
        self.int().map(|number| number != 0)
    }

    /// The next column, BYTEA NOT NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type or NULL.
    pub fn bytes(&mut self) -> Result<Vec<u8>> {
        self.bytes_if_any()?.ok_or_else(|| Error::internal("NULL where bytes are expected"))
    }

    /// The next column, BYTEA or NULL.
    ///
    /// # Errors
    /// `internal` when the column is of another type.
    pub fn bytes_if_any(&mut self) -> Result<Option<Vec<u8>>> {
        match self.cell()? {
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Null => Ok(None),
            other => Err(wrong_type("bytes", &other)),
        }
    }
}

/// Names the type only: a cell may hold personal data, and this text goes to the log.
fn wrong_type(expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "NULL",
        Value::Int(_) => "a number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Texts(_) | Value::Ints(_) => "a list",
    };
    Error::internal(format!("{expected} expected in a row, found {found}"))
}
