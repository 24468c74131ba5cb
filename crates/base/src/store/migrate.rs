//! Forward-only migrations, embedded. A database written by a newer release is refused.

use crate::kernel::{Actor, Error, Result, Scope, clock};

use super::sql::ddl;
use super::tx::Engine;
use super::{Db, Tx, Value};

/// Number, name and portable text, in order. Applied ones are never edited (`tests/it/house`).
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "0001_books", include_str!("../../../../migrations/0001_books.sql")),
    (2, "0002_operators", include_str!("../../../../migrations/0002_operators.sql")),
    (3, "0003_households", include_str!("../../../../migrations/0003_households.sql")),
    (4, "0004_identity", include_str!("../../../../migrations/0004_identity.sql")),
    (5, "0005_linkage", include_str!("../../../../migrations/0005_linkage.sql")),
    (6, "0006_two_clocks", include_str!("../../../../migrations/0006_two_clocks.sql")),
    (7, "0007_sign_ins", include_str!("../../../../migrations/0007_sign_ins.sql")),
    (8, "0008_inbox_age", include_str!("../../../../migrations/0008_inbox_age.sql")),
    (9, "0009_files_by_hand", include_str!("../../../../migrations/0009_files_by_hand.sql")),
    (10, "0010_access_no", include_str!("../../../../migrations/0010_access_no.sql")),
    (11, "0011_devices", include_str!("../../../../migrations/0011_devices.sql")),
    (12, "0012_second_factors", include_str!("../../../../migrations/0012_second_factors.sql")),
    (13, "0013_pushed_requests", include_str!("../../../../migrations/0013_pushed_requests.sql")),
    (14, "0014_consents", include_str!("../../../../migrations/0014_consents.sql")),
    (15, "0015_device_grants", include_str!("../../../../migrations/0015_device_grants.sql")),
    (16, "0016_passkeys", include_str!("../../../../migrations/0016_passkeys.sql")),
    (17, "0017_contacts", include_str!("../../../../migrations/0017_contacts.sql")),
    (
        18,
        "0018_signing_algorithms",
        include_str!("../../../../migrations/0018_signing_algorithms.sql"),
    ),
    (19, "0019_pins_asked", include_str!("../../../../migrations/0019_pins_asked.sql")),
    (20, "0020_dpop", include_str!("../../../../migrations/0020_dpop.sql")),
    (21, "0021_short_passwords", include_str!("../../../../migrations/0021_short_passwords.sql")),
    (22, "0022_registration", include_str!("../../../../migrations/0022_registration.sql")),
    (23, "0023_invitations", include_str!("../../../../migrations/0023_invitations.sql")),
    (24, "0024_approvals", include_str!("../../../../migrations/0024_approvals.sql")),
    (25, "0025_boxes", include_str!("../../../../migrations/0025_boxes.sql")),
    (26, "0026_waits", include_str!("../../../../migrations/0026_waits.sql")),
    (27, "0027_home_sign_ins", include_str!("../../../../migrations/0027_home_sign_ins.sql")),
    (28, "0028_passkey_sites", include_str!("../../../../migrations/0028_passkey_sites.sql")),
    (
        29,
        "0029_boxes_of_device_codes",
        include_str!("../../../../migrations/0029_boxes_of_device_codes.sql"),
    ),
    (30, "0030_tv_codes", include_str!("../../../../migrations/0030_tv_codes.sql")),
    (31, "0031_home_wishes", include_str!("../../../../migrations/0031_home_wishes.sql")),
    (
        32,
        "0032_household_devices",
        include_str!("../../../../migrations/0032_household_devices.sql"),
    ),
    (33, "0033_staff_sign_in", include_str!("../../../../migrations/0033_staff_sign_in.sql")),
    (
        34,
        "0034_registration_at_boxes",
        include_str!("../../../../migrations/0034_registration_at_boxes.sql"),
    ),
    (35, "0035_bulks", include_str!("../../../../migrations/0035_bulks.sql")),
    (
        36,
        "0036_lines_about_persons",
        include_str!("../../../../migrations/0036_lines_about_persons.sql"),
    ),
    (37, "0037_families", include_str!("../../../../migrations/0037_families.sql")),
    (38, "0038_search", include_str!("../../../../migrations/0038_search.sql")),
    (39, "0039_timeline", include_str!("../../../../migrations/0039_timeline.sql")),
    (40, "0040_undo_by_hand", include_str!("../../../../migrations/0040_undo_by_hand.sql")),
    (41, "0041_logs", include_str!("../../../../migrations/0041_logs.sql")),
    (42, "0042_launches", include_str!("../../../../migrations/0042_launches.sql")),
    (43, "0043_file_undo_asks", include_str!("../../../../migrations/0043_file_undo_asks.sql")),
    (44, "0044_unregistered", include_str!("../../../../migrations/0044_unregistered.sql")),
    (45, "0045_file_resends", include_str!("../../../../migrations/0045_file_resends.sql")),
    (46, "0046_looks", include_str!("../../../../migrations/0046_looks.sql")),
    (47, "0047_stations", include_str!("../../../../migrations/0047_stations.sql")),
    (48, "0048_chosen_passwords", include_str!("../../../../migrations/0048_chosen_passwords.sql")),
    (49, "0049_platform_visits", include_str!("../../../../migrations/0049_platform_visits.sql")),
    (50, "0050_phone_codes", include_str!("../../../../migrations/0050_phone_codes.sql")),
    (
        51,
        "0051_audit_by_operator_and_subject",
        include_str!("../../../../migrations/0051_audit_by_operator_and_subject.sql"),
    ),
    (52, "0052_refused_lines", include_str!("../../../../migrations/0052_refused_lines.sql")),
    (53, "0053_decision_micros", include_str!("../../../../migrations/0053_decision_micros.sql")),
];

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migrations \
    (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_ms BIGINT NOT NULL)";

/// Which migrations this release knows and which of them the database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Names applied, oldest first.
    pub applied: Vec<String>,
    /// Names this release would apply.
    pub missing: Vec<&'static str>,
    /// The database was written by a newer release; start refuses.
    pub newer: bool,
}

fn scope() -> Scope {
    Scope::new(Scope::PLATFORM, Actor::System, clock::now())
}

pub(super) fn state(db: &Db) -> Result<MigrationState> {
    db.housekeep(&scope(), "migration-ledger", |tx| ddl_batch(tx, LEDGER))?;
    let applied = db.read(&scope(), applied)?;
    let known = MIGRATIONS.len() as i64;
    Ok(MigrationState {
        newer: applied.iter().any(|(version, _)| *version > known),
        missing: missing(&applied).map(|(_, name, _)| *name).collect(),
        applied: applied.into_iter().map(|(_, name)| name).collect(),
    })
}

pub(super) fn up(db: &Db) -> Result<Vec<&'static str>> {
    if state(db)?.newer {
        return Err(Error::refused("store.schema_newer"));
    }
    db.housekeep(&scope(), "migrate", |tx| {
        // Two nodes may start at once: the second waits here and finds nothing missing.
        if matches!(tx.engine(), Engine::Postgres(_)) {
            ddl_batch(tx, "LOCK TABLE schema_migrations IN EXCLUSIVE MODE")?;
        }
        let done = applied(tx)?;
        let mut names = Vec::new();
        for (version, name, text) in missing(&done) {
            ddl_batch(tx, text)?;
            let row = [Value::Int(*version), (*name).into(), tx.now().into()];
            tx.exec(
                "INSERT INTO schema_migrations (version, name, applied_ms) VALUES (?1, ?2, ?3)",
                &row,
            )?;
            names.push(*name);
        }
        if !names.is_empty() {
            teach_planner(tx)?;
        }
        Ok(names)
    })
}

/// What SQLite's planner is told of our tables: an operator has very many rows, whoever is named beside it few. Without
/// that it takes the operator of a primary key for a good guess, and reads all there is of a station to find one person's
/// sessions. It is never to try one operator after another instead (skip-scan). It is told, not counted: a count on an empty database says nothing, and one on a small one says wrong. The
/// migrations of the same commit make every connection read it anew. Source: SQLite's documentation of `sqlite_stat1`.
const PLANNER: &str = "ANALYZE schema_migrations;
    DELETE FROM sqlite_stat1;
    INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT t.name, i.name, '1000000 ' || group_concat(
            CASE WHEN c.seqno = 0 AND c.name = 'operator_id' THEN '1000000'
                 WHEN i.\"unique\" = 1 AND c.seqno = n.last THEN '1'
                 ELSE '10' END, ' ' ORDER BY c.seqno) || ' noskipscan'
      FROM sqlite_schema t
      JOIN pragma_index_list(t.name) i
      JOIN pragma_index_info(i.name) c
      JOIN (SELECT tt.name AS tbl, ii.name AS idx, MAX(cc.seqno) AS last
              FROM sqlite_schema tt JOIN pragma_index_list(tt.name) ii JOIN pragma_index_info(ii.name) cc
             WHERE tt.type = 'table' GROUP BY tt.name, ii.name) n
        ON n.tbl = t.name AND n.idx = i.name
     WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
     GROUP BY t.name, i.name;
    ANALYZE sqlite_schema;";

/// What PostgreSQL is told of the audit, where it counts the rest itself: an operator has a tenth of the lines. Counted among many small
/// stations it is next to nothing, and a plan for any operator would read all lines of the large one. It counts from the next `ANALYZE`
/// on. Source: PostgreSQL's documentation of `ALTER TABLE`, per-attribute options.
const SPREAD: &str = "ALTER TABLE audit ALTER COLUMN operator_id SET (n_distinct = 10)";

fn teach_planner(tx: &mut Tx<'_>) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite(session) => session.batch(PLANNER),
        Engine::Postgres(session) => session.batch(SPREAD),
    }
}

fn applied(tx: &mut Tx<'_>) -> Result<Vec<(i64, String)>> {
    let sql = "SELECT version, name FROM schema_migrations ORDER BY version";
    tx.rows(sql, &[], |row| Ok((row.int()?, row.text()?)))
}

fn missing(
    applied: &[(i64, String)],
) -> impl Iterator<Item = &'static (i64, &'static str, &'static str)> {
    let have: Vec<i64> = applied.iter().map(|(version, _)| *version).collect();
    MIGRATIONS.iter().filter(move |(version, _, _)| !have.contains(version))
}

fn ddl_batch(tx: &mut Tx<'_>, text: &str) -> Result<()> {
    match tx.engine() {
        Engine::Sqlite(session) => session.batch(&ddl(text, true)),
        Engine::Postgres(session) => session.batch(&ddl(text, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    /// Every index by operator and something else: its table, its name, the second column.
    const INDEXES: &str = "SELECT t.name, i.name, b.name
        FROM sqlite_schema t
        JOIN pragma_index_list(t.name) i
        JOIN pragma_index_info(i.name) a
        JOIN pragma_index_info(i.name) b
       WHERE t.type = 'table' AND i.partial = 0 AND a.seqno = 0 AND a.name = 'operator_id' AND b.seqno = 1";

    #[test]
    fn sqlite_never_reads_all_of_an_operator_to_find_what_an_index_knows() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::Sqlite { path: folder.path().join("plans.db"), relaxed: true };
        let db = Db::open(&settings).unwrap();
        up(&db).unwrap();
        let indexes = db.read(&scope(), |tx| {
            tx.rows(INDEXES, &[], |row| Ok((row.text()?, row.text()?, row.text()?)))
        });
        let indexes = indexes.unwrap();
        assert!(indexes.len() > 60, "{}", indexes.len());
        for (table, index, column) in indexes {
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE operator_id = ?1 AND {column} = ?2"
            );
            let sql: &'static str = Box::leak(sql.into_boxed_str());
            let keys = [Value::from("KITA01"), Value::from("x")];
            let plan = db.read(&scope(), |tx| {
                tx.rows(sql, &keys, |row| {
                    row.int()?;
                    row.int()?;
                    row.int()?;
                    row.text()
                })
            });
            let plan = plan.unwrap().join("; ");
            assert!(plan.contains(&format!("(operator_id=? AND {column}=?")), "{index}: {plan}");
        }
    }
}
