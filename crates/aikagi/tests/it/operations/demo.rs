//! The demo: one command in an empty folder, the same data at the second start, new at a reset.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base::kernel::{Actor, Scope, clock};
use base::store::{Db, Settings, Tx};
use domain::boxes;
use domain::subscribers::{Load, load};

use super::program::{Ended, get, program};
use crate::world::look_again;

struct Demo {
    child: Child,
    guide: String,
}

impl Demo {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut arguments = vec!["demo", "--data", "demo"];
        arguments.extend(more);
        let mut child = program(folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut guide = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            guide.push_str(&line);
            guide.push('\n');
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
        Self { child, guide }
    }

    /// The address behind a word of the guide.
    fn address(&self, word: &str) -> SocketAddr {
        let line = self.guide.lines().find(|line| line.contains(word)).unwrap();
        let url = line.split_whitespace().find(|part| part.starts_with("http://")).unwrap();
        let bare = url.trim_start_matches("http://").split('/').next().unwrap();
        bare.replace("localhost", "127.0.0.1").parse().unwrap()
    }

    fn letters(&self) -> Vec<&str> {
        self.guide.lines().filter(|line| line.contains("登録コード")).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

/// The household that is shown: a box, a telephone number, and all that happened to it told to the site.
fn a_household_can_be_found_and_the_site_is_told_of_it(path: &Path) {
    let db = Db::open(&Settings::Sqlite { path: path.to_owned(), relaxed: true }).unwrap();
    let scope = || Scope::new("OP0012", Actor::System, clock::now());
    let boxes = db.read(&scope(), |tx| boxes::list_boxes(tx, "C0012345")).unwrap();
    let known = boxes.iter().map(|(_, one)| (one.serial.as_str(), one.model.as_str()));
    assert_eq!(known.collect::<Vec<_>>(), [("KTV0012345", "STB-4K")]);
    let load = |tx: &mut Tx<'_>| load(tx, vec!["C0012345".to_owned()], Load::Whole);
    let household = db.read(&scope(), load).unwrap().pop().unwrap();
    assert_eq!(household.contract.telephone.as_deref(), Some("0123-45-6789"));
    let told = |tx: &mut Tx<'_>| {
        let sql = "SELECT state FROM outbox WHERE receiver_id = 'demo-vod'";
        tx.rows(sql, &[], |row| row.text())
    };
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let states = db.read(&scope(), told).unwrap();
        if states.len() > 5 && states.iter().all(|state| state == "DONE") {
            break;
        }
        assert!(Instant::now() < until, "the site was not told: {states:?}");
        look_again();
    }
}

#[test]
fn the_demo_starts_in_an_empty_folder_continues_and_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(folder.path(), &[]);
    assert!(demo.guide.contains("北浜ケーブル") && demo.letters().len() == 4, "{}", demo.guide);
    let (status, titles) = get(demo.address("VOD site"), "/").unwrap();
    assert_eq!(status, 200);
    assert!(titles.contains("髙橋さんの台所") && titles.contains("㈱宇宙商事"), "{titles}");
    let (status, post) = get(demo.address("mail and texts"), "/post").unwrap();
    assert!(status == 200 && post.contains("まだ何も届いていません"), "{post}");
    let provider = demo.address("identity provider");
    for path in ["/.well-known/openid-configuration", "/.well-known/authzen-configuration", "/jwks"]
    {
        assert_eq!(get(provider, path).unwrap().0, 200, "{path}");
    }
    let ready = get(demo.address("health and metrics"), "/readyz?verbose").unwrap();
    assert_eq!(ready.0, 200, "{}", ready.1);
    a_household_can_be_found_and_the_site_is_told_of_it(&folder.path().join("demo/aikagi.db"));
    let first: Vec<String> = demo.letters().into_iter().map(str::to_owned).collect();
    drop(demo);

    let second = Demo::start(folder.path(), &[]);
    assert_eq!(second.letters(), first, "a second start continues");
    drop(second);

    let anew = Demo::start(folder.path(), &["--reset"]);
    assert_ne!(anew.letters(), first, "a reset makes new letters");
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("demo");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("thesis.txt"), "three years of work").unwrap();
    let run = || program(folder.path(), &["demo", "--data", "demo", "--reset"]).output().unwrap();
    let refused = Ended::of(run());
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("holds something else"), "{}", refused.err);
    assert!(other.join("thesis.txt").exists());
}
