//! What a station's door looks after by itself: a file that did not come, files that are too old.

use std::fs::{self, File};
use std::time::{Duration, Instant, SystemTime};

use base::kernel::{Actor, clock};
use base::store::Value;
use formats::sms::Header;
use linkage::sms::batch::{Polled, Timing};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::batch_desk::{CSV, Desk, csv, file, header, logged, name, quick, starts};
use crate::batch_order::of_day;
use crate::world::{KITA, World};

/// A door that does its chores at every call.
fn diligent(desk: Desk, lease: Duration) -> Desk {
    let timing = Timing { chores: Duration::ZERO, lease, ..quick() };
    Desk { batch: desk.batch.timed(timing), ..desk }
}

/// One call: what it found, what it says in the log, and how many stations are late by the metrics.
fn look(desk: &Desk) -> (Polled, String, String) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let mut polled = None;
    let log = logged(|| {
        metrics::with_local_recorder(&recorder, || {
            polled = Some(desk.batch.poll(KITA, &desk.root).unwrap());
        });
    });
    let late = metrics.render();
    let late = late.lines().find_map(|line| line.strip_prefix("aikagi_sms_files_late "));
    (polled.unwrap(), log, late.unwrap_or("not told").to_owned())
}

const TOLD: &str = "the nightly SMS file did not come";

#[test]
fn a_file_that_did_not_come_is_told_once_and_counted_until_it_comes() {
    let world = World::new();
    let desk = diligent(Desk::new(&world), Duration::from_secs(60));
    assert_eq!(look(&desk).2, "0", "who never sent a file sends none");
    let (old, content) = of_day(1, -4, "C");
    desk.send(&old, &content);
    let (_, log, late) = look(&desk);
    assert_eq!((late.as_str(), log.matches(TOLD).count()), ("1", 1), "{log}");
    assert!(log.contains(KITA) && log.contains("business_day"), "{log}");
    let (_, log, late) = look(&desk);
    assert_eq!((late.as_str(), log.matches(TOLD).count()), ("1", 0), "told once a day");

    // Neither a refused file nor a test is the one that is missed.
    let (refused, _) = of_day(2, 0, "D");
    desk.send(&refused, b"H,junk");
    let (test, content) = of_day(3, 0, "D");
    let content = String::from_utf8(content).unwrap().replacen("UTF8,0", "UTF8,1", 1);
    assert_eq!(desk.send(&test, content.as_bytes())[0].short(), ("0", ""));
    assert_eq!(look(&desk).2, "1");

    let (sent, content) = of_day(2, 0, "D");
    desk.send(&sent, &content);
    assert_eq!(look(&desk).2, "0");
}

#[test]
fn a_node_that_lost_the_directory_to_another_counts_no_late_file() {
    let world = World::new();
    let first = diligent(Desk::new(&world), Duration::from_secs(2));
    let (old, content) = of_day(1, -4, "C");
    first.send(&old, &content);
    assert_eq!(look(&first).2, "1");
    let second = Desk::on(world.second_node(), first.root.clone(), "node-2");
    let second = diligent(second, Duration::from_secs(2));

    // The first node falls asleep until its lease has ended.
    let deadline = Instant::now() + Duration::from_secs(30);
    let there = loop {
        let there = look(&second);
        if there.0 != Polled::Elsewhere {
            break there;
        }
        assert!(Instant::now() < deadline, "the lease does not end");
    };
    let here = look(&first);

    assert_eq!((there.0, there.2.as_str()), (Polled::Idle, "1"));
    assert_eq!((here.0, here.2.as_str()), (Polled::Elsewhere, "0"));
}

#[test]
fn files_are_kept_400_days_from_their_answer_whatever_time_they_carry() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1));
    desk.send(&sent, &content);
    let full = Header { interface: "FL01".into(), kind: "F".into(), ..header(1, CSV) };
    let full_name = name(1, CSV).replace("CT01", "FL01").replace("_D.", "_F.");
    desk.send(&full_name, &file(CSV, &full, &starts("C", 1)));
    let result = sent.replace("_D.", "_R.");
    let report = result.replace("CT01", "RC01");
    for fetched in [&result, &report] {
        let to = desk.root.join("out/done").join(fetched);
        fs::rename(desk.root.join("out").join(fetched), to).unwrap();
    }
    fs::write(desk.root.join("out/done/unknown.txt"), "").unwrap();
    let kept = || {
        ["in/done", "out/done", "out/.kept"].map(|directory| {
            let mut names = desk.lies_in(directory);
            names.retain(|name| name.contains("_CT01_") || name.contains("_RC01_"));
            names.len()
        })
    };
    let stamp = |at: SystemTime| {
        for directory in ["in/done", "out/done", "out/.kept"] {
            for name in desk.lies_in(directory) {
                let path = desk.root.join(directory).join(name);
                File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
            }
        }
    };
    // A transfer keeps the time the sender gave.
    stamp(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    let before = kept();
    assert_eq!(before, [2, 2, 1]);

    let fresh = || Desk::on(world.db.clone(), desk.root.clone(), "node-1");
    fresh().work();
    assert_eq!(kept(), before, "answered just now");
    assert!(!desk.root.join("out/done/unknown.txt").exists(), "of this no book knows");

    stamp(SystemTime::UNIX_EPOCH + Duration::from_millis(clock::now().ms().unsigned_abs()));
    let long_ago = world.now().plus_days(-401);
    let scope = world.scope(KITA, Actor::System);
    let aged = world.db.housekeep(&scope, "test", move |tx| {
        let keys: [Value; 2] = [tx.operator().into(), long_ago.into()];
        tx.exec("UPDATE files SET sent_ms = ?2 WHERE operator_id = ?1", &keys)
    });
    assert_eq!(aged.unwrap(), 2);
    fresh().work();
    assert_eq!(kept(), [0, 0, 0]);
}
