//! Rows by the million, written by the database itself.

use base::store::Settings;

/// Numbers `{from}` to `{to}` as rows of `n`, on each database.
const SQLITE_SERIES: &str =
    "(WITH RECURSIVE g(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM g WHERE n < {to})
      SELECT n FROM g)";
const POSTGRES_SERIES: &str = "(SELECT generate_series({from}::bigint, {to}::bigint) AS n)";

/// What differs between the databases in the texts of a bench.
#[derive(Clone, Copy)]
pub struct Dialect {
    series: &'static str,
    /// A text as bytes.
    pub bytes: fn(&str) -> String,
}

impl Dialect {
    pub fn of(settings: &Settings) -> Self {
        match settings {
            Settings::Sqlite { .. } => {
                Self { series: SQLITE_SERIES, bytes: |text| format!("CAST({text} AS BLOB)") }
            }
            Settings::Postgres { .. } => Self {
                series: POSTGRES_SERIES,
                bytes: |text| format!("convert_to({text}, 'UTF8')"),
            },
        }
    }

    /// The numbers from `from` to `to`, as rows of `n`.
    pub fn series(&self, from: u64, to: u64) -> String {
        self.series.replace("{from}", &from.to_string()).replace("{to}", &to.to_string())
    }
}

/// Does each text in a transaction of its own, as fast as the database can, and brings the database's knowledge of its tables up to date.
pub fn write(settings: &Settings, texts: impl IntoIterator<Item = String>) {
    match settings {
        Settings::Sqlite { path, .. } => {
            let to = rusqlite::Connection::open(path).unwrap();
            to.pragma_update(None, "synchronous", "OFF").unwrap();
            to.pragma_update(None, "cache_size", -400_000).unwrap();
            for text in texts {
                to.execute_batch(&format!("BEGIN; {text}; COMMIT")).unwrap();
            }
            to.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        }
        Settings::Postgres { url } => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let client = connect(url).await;
                client.batch_execute("SET synchronous_commit TO off").await.unwrap();
                for text in texts {
                    client.batch_execute(&format!("BEGIN; {text}; COMMIT")).await.unwrap();
                }
                client.batch_execute("VACUUM ANALYZE").await.unwrap();
            });
        }
    }
}

/// The columns of a table, in order.
pub fn columns(settings: &Settings, table: &str) -> Vec<String> {
    let text = format!("SELECT * FROM {table}");
    match settings {
        Settings::Sqlite { path, .. } => {
            let at = rusqlite::Connection::open(path).unwrap();
            let prepared = at.prepare(&text).unwrap();
            prepared.column_names().map(str::to_owned).collect()
        }
        Settings::Postgres { url } => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let prepared = connect(url).await.prepare(&text).await.unwrap();
                prepared.columns().iter().map(|column| column.name().to_owned()).collect()
            })
        }
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let config: tokio_postgres::Config = url.parse().unwrap();
    let (client, driver) = config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}
