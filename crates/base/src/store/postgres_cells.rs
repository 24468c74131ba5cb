//! Values on their way to PostgreSQL and rows on their way back.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::kernel::{Error, Result};

use super::{Row, Value};

/// Longer than what one request asks for: a chunk of a file.
pub(super) const fn is_long_list(value: &Value) -> bool {
    match value {
        Value::Texts(list) => list.len() > 8,
        Value::Ints(list) => list.len() > 8,
        Value::Null | Value::Int(_) | Value::Text(_) | Value::Bytes(_) => false,
    }
}

pub(super) fn references(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(of, out),
            Self::Text(text) => text.to_sql(of, out),
            Self::Bytes(bytes) => bytes.to_sql(of, out),
            Self::Texts(list) => list.to_sql(of, out),
            Self::Ints(list) => list.to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One column of many rows, sent as an array.
#[derive(Debug)]
pub(super) struct Column<'r> {
    pub(super) rows: &'r [Vec<Value>],
    pub(super) at: usize,
}

impl ToSql for Column<'_> {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let null = Value::Null;
        let list: Vec<&Value> =
            self.rows.iter().map(|row| row.get(self.at).unwrap_or(&null)).collect();
        list.to_sql(of, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

pub(super) fn read_row(row: &tokio_postgres::Row) -> Result<Row> {
    let broken = |error: tokio_postgres::Error| Error::internal(format!("postgres: {error}"));
    let mut cells = Vec::with_capacity(row.len());
    for (at, column) in row.columns().iter().enumerate() {
        let cell = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(at).map_err(broken)?.map(Value::Int),
            Type::INT4 => row
                .try_get::<_, Option<i32>>(at)
                .map_err(broken)?
                .map(|number| Value::Int(i64::from(number))),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).map_err(broken)?.map(Value::Bytes),
            _ => row.try_get::<_, Option<String>>(at).map_err(broken)?.map(Value::Text),
        };
        cells.push(cell.unwrap_or(Value::Null));
    }
    Ok(Row::new(cells))
}
