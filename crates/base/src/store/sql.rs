//! From the portable text to each engine's: parameters, arrays, bulk inserts.
//!
//! Portable: `?1…?n` and `IN ARRAY(?n)`. SQLite reads `?n` as it is. PostgreSQL wants `$n`, and its
//! arrays are `= ANY($n)`; `$n` is never written by hand because SQLite numbers `$` parameters by
//! first appearance (house.md §8).

/// The PostgreSQL text of a portable statement.
pub(super) fn for_postgres(portable: &str) -> String {
    portable.replace(" IN ARRAY(?", " = ANY(?").replace('?', "$")
}

/// The SQLite text of a portable statement.
pub(super) fn for_sqlite(portable: &str) -> String {
    portable.replace(" IN ARRAY(", " IN rarray(")
}

/// The `INSERT … SELECT FROM unnest` text that inserts many rows in one PostgreSQL statement, or
/// `None` when `portable` is not a plain `INSERT INTO t (…) VALUES (?1, …)` of as many parameters
/// as there are `types`.
pub(super) fn bulk_insert(portable: &str, types: &[&str]) -> Option<String> {
    let (head, tail) = portable.split_once("VALUES")?;
    let expected: Vec<String> = (1..=types.len()).map(|n| format!("?{n}")).collect();
    let plain: String = tail.chars().filter(|c| !c.is_whitespace()).collect();
    if plain != format!("({})", expected.join(",")) {
        return None;
    }
    let lists: Vec<String> =
        types.iter().enumerate().map(|(at, of)| format!("${}::{of}[]", at + 1)).collect();
    Some(format!("{head}SELECT * FROM unnest({})", lists.join(", ")))
}

/// The DDL of a migration for one engine: the type words are portable already; a table whose
/// primary key is how it is always read ends in `) CLUSTERED;`, which SQLite keeps in one tree.
pub(super) fn ddl(portable: &str, sqlite: bool) -> String {
    portable.replace(") CLUSTERED;", if sqlite { ") WITHOUT ROWID;" } else { ");" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_arrays_become_each_engines_own() {
        let text = "SELECT a FROM t WHERE operator_id = ?1 AND number IN ARRAY(?2)";
        assert_eq!(
            for_postgres(text),
            "SELECT a FROM t WHERE operator_id = $1 AND number = ANY($2)"
        );
        assert_eq!(
            for_sqlite(text),
            "SELECT a FROM t WHERE operator_id = ?1 AND number IN rarray(?2)"
        );
    }

    #[test]
    fn only_a_plain_insert_is_turned_into_a_bulk_insert() {
        let plain = "INSERT INTO t (a, b) VALUES (?1, ?2)";
        assert_eq!(
            bulk_insert(plain, &["text", "int8"]).as_deref(),
            Some("INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::int8[])")
        );
        let upsert = "INSERT INTO t (a, b) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        assert_eq!(bulk_insert(upsert, &["text", "int8"]), None);
        assert_eq!(bulk_insert("INSERT INTO t (a, b) VALUES (?2, ?1)", &["text", "int8"]), None);
    }
}
