//! kill -9 in the middle of a file, and two nodes on one directory: the end is that of an
//! uninterrupted run, every line is answered once, and nothing is done twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base::store::{Db, Settings};
use domain::entitlements;
use domain::files::FileState;
use domain::subscribers::{self, Load};
use formats::sms::Record;
use linkage::sms::batch::{Polled, Timing};
use rand::RngExt as _;
use serde_json::Value;

use crate::batch_desk::{Answer, Desk, csv, each, line, quick, row, row_if_any, starts};
use crate::world::{KITA, Running, World, read_env};

/// How often a run is killed in the middle of its lines.
const KILLS: usize = 20;
/// How often a run is killed between its last line and its result.
const KILLS_AT_THE_END: usize = 5;
/// Lines of one transaction here: many places to be killed at.
const CHUNK: usize = 20;
/// What a helper process is told: the database and the directory, on two lines.
const TOLD: &str = "AIKAGI_TEST_BATCH";

/// A file in which most contracts are touched in several chunks: many places to be killed at.
fn lines() -> Vec<Record> {
    let mut lines = starts("C", 400);
    let keys = |operation: &str, count: usize| {
        let mut keys = each("C", operation, count);
        keys.iter_mut().for_each(|key| key.product_code = "PACK".into());
        keys
    };
    lines.extend(keys("301", 400));
    let mut persons = each("C", "201", 400);
    persons.iter_mut().for_each(|line| line.person_number = "002".into());
    lines.extend(persons);
    let mut notes = each("C", "107", 400);
    notes.iter_mut().for_each(|line| line.telephone = "0312345678".into());
    lines.extend(notes);
    lines.extend(each("C", "103", 40));
    lines.extend(each("Z", "104", 15));
    let moved = |n: usize| Record {
        new_contract_number: format!("N{n:05}"),
        ..line(&format!("m-{n}"), "105", &format!("C{n:05}"))
    };
    lines.extend((300..320).map(moved));
    lines
}

fn patient() -> Timing {
    Timing { chunk: CHUNK, ..quick() }
}

/// Not a test: the process that is killed. Polls the directory it is told until it dies.
#[test]
#[ignore = "run by the tests of this file, in a process of its own"]
fn helper_that_is_killed() {
    let Some(desk) = told() else { return };
    let batch = desk.batch.timed(patient());
    loop {
        if batch.poll(KITA, &desk.root) != Ok(Polled::More) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The directory this process is told to work on, if it is a helper.
pub fn told() -> Option<Desk> {
    let told = read_env(TOLD)?;
    let (database, root) = told.split_once('\n').unwrap();
    let settings = match database.strip_prefix("file:") {
        Some(path) => Settings::Sqlite { path: PathBuf::from(path), relaxed: true },
        None => Settings::Postgres { url: database.to_owned() },
    };
    Some(Desk::on(Db::open(&settings).unwrap(), PathBuf::from(root), "killed"))
}

fn start_helper(world: &World, root: &Path) -> Running {
    start(world, root, "batch_crash::helper_that_is_killed")
}

/// Starts a helper in a process of its own.
pub fn start(world: &World, root: &Path, helper: &str) -> Running {
    let database = match &world.settings {
        Settings::Sqlite { path, .. } => format!("file:{}", path.display()),
        Settings::Postgres { url } => url.clone(),
    };
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", helper, "--ignored"])
        .env(TOLD, format!("{database}\n{}", root.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Running(child)
}

/// Between two looks at a process that is to be killed: what it does takes a few milliseconds.
const GLANCE: Duration = Duration::from_micros(50);

/// Lets a process work until `reached`, and at most `bit` microseconds more.
fn kill_when(world: &World, root: &Path, reached: impl Fn() -> bool, bit: u64) {
    let child = start_helper(world, root);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !reached() {
        assert!(Instant::now() < deadline, "the process does not get there");
        std::thread::sleep(GLANCE);
    }
    std::thread::sleep(Duration::from_micros(rand::rng().random_range(0..=bit)));
    drop(child);
}

/// Kills a process soon after it got further than before; whether that was in the middle of the file.
fn kill_in_the_middle(world: &World, root: &Path, name: &str) -> bool {
    let reached = || row_if_any(world, name).map_or(-1, |file| file.lines_done);
    let before = reached();
    kill_when(world, root, || reached() > before, 8_000);
    let file = row(world, name);
    let middle = 0 < file.lines_done && file.lines_done < file.lines_total;
    middle && file.state == FileState::Applying
}

/// Everything the file is about, without ids and instants.
fn picture(world: &World) -> Value {
    let numbers: Vec<String> = (1..=400)
        .flat_map(|n| [format!("C{n:05}"), format!("N{n:05}"), format!("Z{n:05}")])
        .collect();
    let (households, mut keys) = world
        .look(|tx| {
            let households = subscribers::load(tx, numbers.clone(), Load::Whole)?;
            Ok((households, entitlements::load(tx, numbers.clone())?))
        })
        .unwrap();
    let all: Vec<Value> = households
        .into_iter()
        .map(|household| {
            let keyring = keys.remove(&household.key()).unwrap_or_default();
            serde_json::json!({ "household": household, "keys": keyring })
        })
        .collect();
    without_chance(Value::Array(all))
}

/// Ids and instants differ from run to run.
fn without_chance(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(without_chance).collect(),
        Value::Object(all) => {
            all.into_iter().map(|(key, value)| (key, without_chance(value))).collect()
        }
        Value::String(text) if text.starts_with("per_") => Value::Null,
        Value::Number(number) if number.as_i64().is_some_and(|n| n > 1_000_000_000_000) => {
            Value::Null
        }
        other => other,
    }
}

/// How often each act on a household stands in the audit.
fn acts(world: &World) -> Vec<String> {
    let mut acts = world.audited();
    acts.retain(|act| !act.starts_with("file."));
    acts.sort();
    acts
}

fn undisturbed() -> (Value, Vec<Answer>, Vec<String>) {
    let world = World::new();
    let desk = Desk::new(&world);
    let (name, content) = csv(1, &lines());
    let answers = desk.send(&name, &content);
    (picture(&world), answers, acts(&world))
}

#[test]
fn a_run_killed_at_twenty_points_ends_like_an_undisturbed_one() {
    let (expected, answers, done) = undisturbed();
    let world = World::new();
    let desk = Desk::new(&world);
    let (name, content) = csv(1, &lines());
    desk.put(&name, &content);

    let (mut middle, mut all) = (0, 0);
    while middle < KILLS {
        middle += usize::from(kill_in_the_middle(&world, &desk.root, &name));
        all += 1;
        assert!(all < 2 * KILLS, "{middle} of {all} kills came in the middle of the file");
    }
    let last = Desk::on(world.db.clone(), desk.root.clone(), "killed");
    last.work_until(&name);
    last.work();

    assert_eq!(desk.answers(&name), answers, "the result file is whole and in order");
    assert_eq!(acts(&world), done, "nothing was done twice");
    assert_eq!(picture(&world), expected);
    let known = row(&world, &name);
    assert_eq!(known.state, FileState::ResultSent);
    assert_eq!(known.lines_done, i64::try_from(answers.len()).unwrap());
    assert_eq!(desk.lies_in("in/done").len(), 2);
    let left = fs::read_dir(desk.root.join("in/.work")).unwrap().count();
    assert_eq!(left, 0, "nothing stays behind");
}

#[test]
fn a_run_killed_between_its_last_line_and_its_result_gives_one_whole_result() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (mut sequence, mut finishing) = (0, 0);
    while finishing < KILLS_AT_THE_END {
        sequence += 1;
        assert!(sequence < 400, "{finishing} kills of {sequence} came in the end of a file");
        let lines = starts(&format!("E{sequence:02}-"), 60);
        let (name, content) = csv(sequence, &lines);
        desk.put(&name, &content);
        let over = [FileState::Applied, FileState::ResultSent];
        let reached = || row_if_any(&world, &name).is_some_and(|file| over.contains(&file.state));
        // No longer than the end of a file takes; mostly at once.
        kill_when(&world, &desk.root, reached, [0, 0, 500, 2_000][sequence as usize % 4]);
        finishing += usize::from(row(&world, &name).state == FileState::Applied);
        let last = Desk::on(world.db.clone(), desk.root.clone(), "killed");
        last.work();

        assert_eq!(row(&world, &name).state, FileState::ResultSent);
        let answers = desk.answers(&name);
        assert_eq!(answers.len(), 60);
        assert!(answers.iter().all(|answer| answer.short() == ("0", "")), "{name}");
        let result = name.replace("_D.", "_R.");
        let marker = fs::read_to_string(desk.root.join("out").join(format!("{result}.end")));
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(desk.result(&name)));
        assert_eq!(marker.unwrap(), format!("{digest}  {result}\n"));
        assert_eq!(fs::read_dir(desk.root.join("in/.work")).unwrap().count(), 0);
    }
    let opened = world.look(domain::subscribers::count_open).unwrap();
    assert_eq!(opened, i64::from(sequence) * 60, "nothing was done twice");
}

#[test]
fn two_nodes_on_one_directory_do_every_line_once() {
    let (expected, answers, done) = undisturbed();
    let world = World::new();
    let first = Desk::new(&world);
    let first = Desk { batch: first.batch.timed(patient()), ..first };
    let second = Desk::on(world.second_node(), first.root.clone(), "node-2");
    let second = Desk { batch: second.batch.timed(patient()), ..second };
    let (name, content) = csv(1, &lines());
    first.put(&name, &content);

    std::thread::scope(|scope| {
        scope.spawn(|| first.work_until(&name));
        scope.spawn(|| second.work_until(&name));
    });
    first.work_until(&name);

    assert_eq!(first.answers(&name), answers);
    assert_eq!(acts(&world), done);
    assert_eq!(picture(&world), expected);
}

#[test]
fn another_node_goes_on_when_the_first_one_is_killed() {
    let (expected, answers, _) = undisturbed();
    let world = World::new();
    let desk = Desk::new(&world);
    let (name, content) = csv(1, &lines());
    desk.put(&name, &content);
    let child = start_helper(&world, &desk.root);
    let deadline = Instant::now() + Duration::from_secs(90);
    while row_if_any(&world, &name).is_none_or(|file| file.lines_done < 100) {
        assert!(Instant::now() < deadline, "the first node does not begin");
        crate::world::look_again();
    }
    drop(child);
    assert!(!desk.is_answered(&name), "killed in the middle");

    let other = Desk::on(world.second_node(), desk.root.clone(), "node-2");
    other.work_until(&name);

    assert_eq!(other.answers(&name), answers);
    assert_eq!(picture(&world), expected);
}
