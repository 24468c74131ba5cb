//! From the portable text to each engine's: parameters, arrays, many rows at once.
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

/// The text that does in one PostgreSQL statement what `portable` does for each of many rows, whose
/// parameters are of these `types`; `None` when it is not of a form that can be turned:
/// `INSERT INTO t (…) VALUES (?1, …, ?n)`, also with `ON CONFLICT …`; `UPDATE t SET … WHERE …` and
/// `DELETE FROM t WHERE …` of one row by its key. No two rows may have the same key.
pub(super) fn bulk(portable: &str, types: &[&str]) -> Option<String> {
    let lists: Vec<String> =
        types.iter().enumerate().map(|(at, of)| format!("${}::{of}[]", at + 1)).collect();
    let lists = lists.join(", ");
    if portable.starts_with("INSERT") {
        return bulk_insert(portable, types.len(), &lists);
    }
    let (head, condition) = portable.split_once("WHERE")?;
    if condition.contains(['<', '>', '(', '!']) || head.contains('(') {
        return None;
    }
    let names: Vec<String> = (1..=types.len()).map(|n| format!("c{n}")).collect();
    let from = format!("unnest({lists}) AS u({})", names.join(", "));
    let word = if portable.starts_with("UPDATE") { "FROM" } else { "USING" };
    Some(format!("{} {word} {from} WHERE{}", of_row(head.trim_end()), of_row(condition)))
}

fn bulk_insert(portable: &str, count: usize, lists: &str) -> Option<String> {
    let (head, tail) = portable.split_once("VALUES")?;
    let (values, conflict) = tail.split_at(tail.find(')')? + 1);
    let expected: Vec<String> = (1..=count).map(|n| format!("?{n}")).collect();
    let plain: String = values.chars().filter(|c| !c.is_whitespace()).collect();
    if plain != format!("({})", expected.join(",")) || conflict.contains('?') {
        return None;
    }
    // What follows a SELECT could be read as its join condition without a WHERE.
    let conflict =
        if conflict.is_empty() { String::new() } else { format!(" WHERE true{conflict}") };
    Some(format!("{head}SELECT * FROM unnest({lists}){conflict}"))
}

/// Parameters as columns of the row at hand: `?3` is `u.c3`.
fn of_row(text: &str) -> String {
    text.replace('?', "u.c")
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
    fn what_is_done_for_each_row_is_done_for_many_at_once() {
        let types = ["text", "int8"];
        let insert = "INSERT INTO t (a, b) VALUES (?1, ?2)";
        assert_eq!(
            bulk(insert, &types).as_deref(),
            Some("INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::int8[])")
        );
        let upsert = format!("{insert} ON CONFLICT (a) DO UPDATE SET b = excluded.b");
        assert_eq!(
            bulk(&upsert, &types).as_deref(),
            Some(
                "INSERT INTO t (a, b) SELECT * FROM unnest($1::text[], $2::int8[]) WHERE true \
                 ON CONFLICT (a) DO UPDATE SET b = excluded.b"
            )
        );
        assert_eq!(
            bulk("UPDATE t SET b = ?2 WHERE a = ?1 AND c IS NULL", &types).as_deref(),
            Some(
                "UPDATE t SET b = u.c2 FROM unnest($1::text[], $2::int8[]) AS u(c1, c2) \
                 WHERE a = u.c1 AND c IS NULL"
            )
        );
        assert_eq!(
            bulk("DELETE FROM t WHERE a = ?1 AND b = ?2", &types).as_deref(),
            Some(
                "DELETE FROM t USING unnest($1::text[], $2::int8[]) AS u(c1, c2) \
                 WHERE a = u.c1 AND b = u.c2"
            )
        );
    }

    #[test]
    fn what_may_touch_several_rows_or_is_put_together_is_left_alone() {
        let types = ["text", "int8"];
        assert_eq!(bulk("INSERT INTO t (a, b) VALUES (?2, ?1)", &types), None);
        assert_eq!(
            bulk("INSERT INTO t (a) VALUES (?1) ON CONFLICT DO UPDATE SET b = ?2", &types),
            None
        );
        assert_eq!(bulk("UPDATE t SET b = ?2 WHERE a > ?1", &types), None);
        assert_eq!(bulk("UPDATE t SET b = max(?2, b) WHERE a = ?1", &types), None);
        assert_eq!(bulk("DELETE FROM t WHERE a IN (SELECT a FROM s)", &types), None);
        assert_eq!(bulk("DELETE FROM t WHERE a IN ARRAY(?1)", &types), None);
    }
}
