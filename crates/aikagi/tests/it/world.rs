//! A small world for stories: two operators, a catalogue, a database of its own, a clock that
//! stands still until it is moved.
//!
//! SQLite in a temporary file, or PostgreSQL (a schema for each world, emptied for the next) when `TEST_POSTGRES_URL` is
//! set.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use base::kernel::{Actor, Instant, Result, Scope, ids};
use base::store::{Db, Settings, Tx};
use domain::catalogue::{self, Kind, Product};
use domain::commands::{self, Command, Op, Report};
use domain::operators::{self, OperatorDraft, Policies};
use domain::subscribers::{self, Household, Load, Standing};
use tokio_postgres::SimpleQueryMessage;

/// The operator most stories happen at.
pub const KITA: &str = "KITA01";
/// The other one, which must never see anything of the first.
pub const MINAMI: &str = "MINA01";

/// A database with two operators and their products.
pub struct World {
    pub db: Db,
    pub settings: Settings,
    now: AtomicI64,
    requests: AtomicI64,
    _schema: Option<OwnSchema>,
    /// Files of this world: the database, directories for SMS files.
    pub dir: tempfile::TempDir,
}

impl World {
    /// A world with both operators and the catalogue.
    pub fn new() -> Self {
        let world = Self::empty();
        for (code, ja, en) in
            [(KITA, "北浜ケーブル", "Kitahama Cable"), (MINAMI, "南野テレビ", "Minamino TV")]
        {
            world
                .at(code, Actor::System, move |tx| {
                    let policies = Policies { adult_sold: true, ..Policies::default() };
                    let draft =
                        OperatorDraft { name_ja: ja.to_owned(), name_en: en.to_owned(), policies };
                    operators::put_operator(tx, &draft)?;
                    products().iter().try_for_each(|p| catalogue::put_product(tx, p).map(|_| ()))
                })
                .unwrap();
        }
        world
    }

    /// A migrated database and nothing in it.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let schema = OwnSchema::if_postgres();
        let settings = match &schema {
            None => Settings::Sqlite { path: dir.path().join("aikagi.db"), relaxed: true },
            Some(schema) => Settings::Postgres { url: schema.url() },
        };
        let db = Db::open(&settings).unwrap();
        db.migrate().unwrap();
        // Friday, 20 November 2026, noon in Japan.
        let noon = Instant::parse_compact_jst("20261120120000", "noon").unwrap();
        Self {
            db,
            settings,
            now: AtomicI64::new(noon.ms()),
            requests: AtomicI64::new(0),
            _schema: schema,
            dir,
        }
    }

    /// A second node on the same database.
    pub fn second_node(&self) -> Db {
        Db::open(&self.settings).unwrap()
    }

    pub fn now(&self) -> Instant {
        Instant::from_ms(self.now.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub fn pass_days(&self, days: i64) {
        self.pass(days * 86_400);
    }

    pub fn scope(&self, operator: &str, actor: Actor) -> Scope {
        Scope::new(operator, actor, self.now()).caused_by("test")
    }

    /// One act of `actor` at an operator.
    pub fn at<T: Send + 'static>(
        &self,
        operator: &str,
        actor: Actor,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.transact(&self.scope(operator, actor), work)
    }

    /// One act of `actor` at the northern operator.
    pub fn act<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.at(KITA, actor, work)
    }

    /// Looks without changing anything.
    pub fn look<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.db.read(&self.scope(KITA, Actor::System), work)
    }

    /// A request id nobody used before in this world.
    pub fn request_id(&self) -> String {
        format!("req-{:06}", self.requests.fetch_add(1, Ordering::SeqCst))
    }

    /// A command of the northern operator's SMS, without attributes.
    pub fn sms(&self, op: Op, number: &str) -> Report {
        self.send(Command::new(&self.request_id(), op, number))
    }

    /// A command of the northern operator's SMS.
    pub fn send(&self, command: Command) -> Report {
        self.send_as(sms(), command)
    }

    /// A command by somebody else.
    pub fn send_as(&self, actor: Actor, command: Command) -> Report {
        self.act(actor, move |tx| commands::execute(tx, &command)).unwrap()
    }

    /// A started contract with its owner.
    pub fn given_contract(&self, number: &str) {
        let report = self.sms(Op::Start, number);
        assert_eq!((report.code, report.state), (None, Some(Standing::Active)));
    }

    /// Opens a product for a household.
    pub fn given_key(&self, number: &str, product: &str) -> Report {
        let mut command = Command::new(&self.request_id(), Op::KeyOpen, number);
        command.product = Some(product.to_owned());
        self.send(command)
    }

    /// The latest generation of a contract.
    pub fn household(&self, number: &str) -> Household {
        let numbers = vec![number.to_owned()];
        let mut all = self.look(|tx| subscribers::load(tx, numbers, Load::Whole)).unwrap();
        all.pop().expect("a contract of this number")
    }

    pub fn standing(&self, number: &str) -> Standing {
        self.household(number).standing(self.now())
    }

    /// Acts in the audit of the northern operator, oldest first.
    pub fn audited(&self) -> Vec<String> {
        let lines = self.look(|tx| base::records::list_audit(tx, "", 10_000)).unwrap();
        lines.into_iter().map(|line| line.act).collect()
    }
}

/// A schema on the PostgreSQL of the tests: nobody else's while this is.
pub struct OwnSchema {
    server: String,
    name: String,
}

/// Schemas whose world is gone, empty again. Making the tables takes longer than most stories do.
static EMPTIED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Rows a schema may have held to be used again: deleted ones are still read through for a while.
const FEW_ROWS: u64 = 5_000;

impl OwnSchema {
    /// `None`: the tests run on SQLite.
    pub fn if_postgres() -> Option<Self> {
        let server = read_env("TEST_POSTGRES_URL").filter(|url| !url.is_empty())?;
        let emptied = EMPTIED.lock().unwrap().pop();
        let name = emptied.unwrap_or_else(|| {
            let name = Self::new_name();
            run_sql(&server, &format!("CREATE SCHEMA {name}"));
            name
        });
        Some(Self { server, name })
    }

    /// The address of a database that is this schema. Its connections bear its name.
    pub fn url(&self) -> String {
        let Self { server, name } = self;
        let joint = if server.contains('?') { '&' } else { '?' };
        format!("{server}{joint}application_name={name}&options=-csearch_path%3D{name}")
    }

    fn new_name() -> String {
        format!("w_{}", ids::new_id("s", Instant::from_ms(1)).to_lowercase())
    }

    /// Makes it as if just made, under another name; answers whether it can be used again.
    fn emptied(&mut self) -> bool {
        // Threads of the old world may still write their last lines: into nothing, as if it were dropped.
        let old = std::mem::replace(&mut self.name, Self::new_name());
        let name = &self.name;
        run_sql(&self.server, &format!("ALTER SCHEMA {old} RENAME TO {name}"));
        let others = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{old}'"
        );
        while rows_of(&run_sql(&self.server, &others)) > 0 {
            look_again();
        }
        // A story may have told the ledger of a newer program.
        let usable =
            format!("SELECT 1 FROM {name}.schema_migrations HAVING max(version) = count(*)");
        let tables = format!(
            "SELECT format('DELETE FROM %I.%I', schemaname, tablename) FROM pg_tables \
             WHERE schemaname = '{name}' AND tablename <> 'schema_migrations'"
        );
        if rows_of(&run_sql(&self.server, &usable)) != 1 {
            return false;
        }
        let tables = run_sql(&self.server, &tables);
        let deletes = tables.iter().filter_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let deletes: Vec<&str> = deletes.collect();
        rows_of(&run_sql(&self.server, &deletes.join("; "))) < FEW_ROWS
    }
}

impl Drop for OwnSchema {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.emptied() {
            EMPTIED.lock().unwrap().push(self.name.clone());
        } else {
            run_sql(&self.server, &format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}

/// The northern operator's SMS.
pub fn sms() -> Actor {
    Actor::Sms("kita-sms".to_owned())
}

/// A clerk.
pub fn sato() -> Actor {
    staff("sato")
}

/// A member of the staff.
pub fn staff(id: &str) -> Actor {
    Actor::Staff(id.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "tests are told their database by the environment")]
pub fn read_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A process that is killed with the value, also when its test fails.
pub struct Running(pub std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _already_gone = self.0.kill();
        let _already_waited = self.0.wait();
    }
}

/// A moment between two looks at something that is awaited with a deadline: who looks without one
/// takes the processor from those who work.
pub fn look_again() {
    std::thread::sleep(std::time::Duration::from_millis(2));
}

fn run_sql(url: &str, sql: &str) -> Vec<SimpleQueryMessage> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let (client, driver) = config.connect(tokio_postgres::NoTls).await.unwrap();
        let driving = tokio::spawn(driver);
        let answers = client.simple_query(sql).await.unwrap();
        drop(client);
        driving.await.unwrap().unwrap();
        answers
    })
}

/// How many rows the statements of one text answered with or changed.
fn rows_of(answers: &[SimpleQueryMessage]) -> u64 {
    let counts = answers.iter().map(|answer| match answer {
        SimpleQueryMessage::CommandComplete(rows) => *rows,
        _ => 0,
    });
    counts.sum()
}

/// What both operators sell: a channel, an unlimited pack, a rented film, adult films, a bundle.
pub fn products() -> Vec<Product> {
    let product = |code: &str, kind: Kind, name_ja: &str, refs: &[&str]| Product {
        code: code.to_owned(),
        kind,
        name_ja: name_ja.to_owned(),
        name_en: code.to_owned(),
        rating_years: Some(0),
        adult: false,
        items: Vec::new(),
        refs: refs.iter().map(|one| (*one).to_owned()).collect(),
        sold_from: Instant::from_ms(0),
        sold_until: Instant::FOREVER,
        start_window_hours: None,
        play_window_hours: None,
    };
    vec![
        product("BASIC", Kind::Channel, "ベーシック", &["channel:101", "channel:102"]),
        product("MIHODAI", Kind::Svod, "見放題パック", &["title:T0001", "title:T0002"]),
        Product {
            rating_years: Some(15),
            start_window_hours: Some(720),
            play_window_hours: Some(48),
            ..product("RENTAL1", Kind::Tvod, "映画「髙い塔」", &["title:R0001"])
        },
        Product {
            rating_years: Some(18),
            adult: true,
            ..product("NIGHT", Kind::Svod, "ナイトパック", &["title:A0001"])
        },
        Product {
            sold_until: Instant::from_ms(1),
            ..product("OLD", Kind::Svod, "終売パック", &["title:O0001"])
        },
        Product {
            items: vec!["BASIC".to_owned(), "MIHODAI".to_owned()],
            ..product("PACK", Kind::Bundle, "まるごとパック", &[])
        },
    ]
}
