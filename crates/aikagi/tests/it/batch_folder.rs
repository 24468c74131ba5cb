//! What else lies in a station's folder: junk, links, foreign results, another station's big file.
//! None of it keeps the nightly file from being done, and nothing outside of the folder is touched.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, Instant};

use domain::files::FileState;
use linkage::sms::batch::Polled;

use crate::batch_desk::{CSV, Desk, answers, csv, file, header, name, row_if_any, starts, state};
use crate::world::{KITA, MINAMI, World};

#[test]
fn junk_that_can_not_be_opened_and_a_250_byte_name_do_not_keep_the_nightly_file_from_being_done() {
    let world = World::new();
    let desk = Desk::new(&world);
    let long = format!("{}.csv", "x".repeat(246));
    desk.put("a-closed.csv", b"");
    let closed = desk.root.join("in/a-closed.csv");
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    // The superuser passes permissions; that the answer can not be written stops everybody.
    desk.put("b-unanswerable.csv", b"junk");
    fs::create_dir_all(desk.root.join("out/.b-unanswerable.csv_R.csv.part")).unwrap();
    fs::write(desk.root.join("in").join(&long), "junk").unwrap();
    symlink("/nowhere/at/all", desk.root.join("in/c-dangling.csv")).unwrap();
    fs::create_dir(desk.root.join("in/d-folder.csv")).unwrap();
    let (sent, content) = csv(1, &starts("C", 3));

    let told = desk.send(&sent, &content);

    assert!(told.iter().all(|one| one.short() == ("0", "")) && told.len() == 3);
    let left = desk.lies_in("in");
    assert!(left.contains(&long) && left.contains(&"c-dangling.csv".to_owned()), "{left:?}");
    assert_eq!(state(&world, "b-unanswerable.csv"), FileState::Rejected);

    // What kept it from being answered is gone: it is answered by itself.
    fs::remove_dir(desk.root.join("out/.b-unanswerable.csv_R.csv.part")).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !desk.root.join("out/b-unanswerable.csv_R.csv").exists() {
        assert!(Instant::now() < deadline);
        desk.work();
    }
}

#[test]
fn a_file_whose_lines_were_begun_and_that_fails_is_not_overtaken() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (first, content) = csv(1, &starts("C", 3));
    let part = desk.root.join("out").join(format!(".{}.part", first.replace("_D.", "_R.")));
    fs::create_dir_all(&part).unwrap();
    desk.put(&first, &content);
    let (second, content) = csv(2, &starts("D", 3));
    desk.put(&second, &content);
    desk.work();
    assert_eq!(state(&world, &first), FileState::Applying);
    assert!(!desk.is_answered(&second), "order is kept");

    fs::remove_dir(&part).unwrap();
    desk.work_until(&second);
    assert_eq!((desk.answers(&first).len(), desk.answers(&second).len()), (3, 3));
}

#[test]
fn a_link_in_the_folder_or_in_place_of_a_part_is_left_alone_and_its_target_untouched() {
    let world = World::new();
    let desk = Desk::new(&world);
    let secret = world.dir.path().join("secret");
    fs::write(&secret, "the key").unwrap();
    let untouched = || assert_eq!(fs::read_to_string(&secret).unwrap(), "the key");
    let (sent, content) = csv(1, &starts("C", 2));
    let result = sent.replace("_D.", "_R.");
    let out = |name: &str| desk.root.join("out").join(name);
    fs::create_dir_all(desk.root.join("out")).unwrap();

    let other = name(7, CSV);
    symlink(&secret, desk.root.join("in").join(&other)).unwrap();
    fs::write(desk.root.join("in").join(format!("{other}.end")), "").unwrap();
    symlink(&secret, out(&format!(".{result}.part"))).unwrap();
    desk.put(&sent, &content);
    desk.work();
    untouched();
    assert!(row_if_any(&world, &other).is_none(), "a link is no file");
    assert!(!desk.is_answered(&sent));

    fs::remove_file(out(&format!(".{result}.part"))).unwrap();
    symlink(&secret, out(&format!("{result}.end"))).unwrap();
    desk.work_until(&sent);
    desk.work();
    untouched();

    fs::remove_file(out(&format!("{result}.end"))).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while state(&world, &sent) != FileState::ResultSent {
        assert!(Instant::now() < deadline);
        desk.work();
    }
    // Sent again: a link in place of the result that is kept is not followed either.
    for place in [out(&result), out(&format!(".kept/{result}"))] {
        fs::remove_file(&place).unwrap();
        symlink(&secret, &place).unwrap();
    }
    desk.put(&sent, &content);
    desk.work();
    let leaked = fs::read_dir(out("")).unwrap().map(|entry| entry.unwrap());
    let leaked = leaked.filter(|entry| entry.file_type().unwrap().is_file());
    for entry in leaked {
        assert_ne!(fs::read(entry.path()).unwrap(), b"the key", "{:?}", entry.path());
    }
    untouched();
}

#[test]
fn our_own_directories_are_not_followed_elsewhere() {
    let world = World::new();
    let desk = Desk::new(&world);
    let elsewhere = world.dir.path().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    symlink(&elsewhere, desk.root.join("in/.work")).unwrap();
    let (sent, content) = csv(1, &starts("C", 1));
    desk.put(&sent, &content);

    let error = desk.batch.poll(KITA, &desk.root).unwrap_err();

    assert!(error.to_string().contains("in/.work is a link"), "{error}");
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

#[test]
fn a_result_or_what_is_named_like_one_does_not_take_the_place_of_a_result() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 3));
    desk.send(&sent, &content);
    let result = sent.replace("_D.", "_R.");
    let genuine = desk.result(&sent);
    let report = sent.replace("CT01", "RC01").replace("_D.", "_R.");
    fs::write(desk.root.join("out").join(&report), "differences").unwrap();

    let stem = sent.strip_suffix("_D.csv").unwrap().to_owned();
    let foreign = sent.replace("CT01", "RC01");
    for junk in [result.clone(), stem, foreign] {
        desk.put(&junk, &genuine);
        desk.work();
        assert_eq!(state(&world, &junk), FileState::Rejected, "{junk}");
    }

    assert_eq!(fs::read(desk.root.join("out").join(&result)).unwrap(), genuine);
    assert_eq!(fs::read(desk.root.join("out").join(&report)).unwrap(), b"differences");
    let refusal = fs::read(desk.root.join("out").join(format!("{result}_R.csv"))).unwrap();
    assert_eq!(answers(&refusal, false)[0].short(), ("9", "F001"));
}

#[test]
fn while_one_stations_big_file_is_being_checked_anothers_ten_lines_are_answered() {
    let world = World::new();
    let north = Desk::new(&world);
    let south = world.dir.path().join("south");
    fs::create_dir_all(south.join("in")).unwrap();
    // Zeros: no file of ours, but its digest has to be computed before that is known.
    let big = name(1, CSV);
    File::create(north.root.join("in").join(&big)).unwrap().set_len(192 << 20).unwrap();
    fs::write(north.root.join("in").join(format!("{big}.end")), "").unwrap();
    let head = formats::sms::Header { operator: MINAMI.into(), ..header(1, CSV) };
    let small = big.replace(KITA, MINAMI);
    fs::write(south.join("in").join(&small), file(CSV, &head, &starts("C", 10))).unwrap();
    fs::write(south.join("in").join(format!("{small}.end")), "").unwrap();
    let answered = || south.join("out").join(small.replace("_D.", "_R.")).exists();

    std::thread::scope(|scope| {
        let busy = scope.spawn(|| north.batch.poll(KITA, &north.root));
        let taken = north.root.join("in/.work").join(&big);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !taken.exists() && !busy.is_finished() {
            assert!(Instant::now() < deadline, "the big file is not taken");
            crate::world::look_again();
        }
        // The other thread walks over the same stations.
        while !answered() {
            assert!(Instant::now() < deadline, "the ten lines are not answered");
            assert_eq!(north.batch.poll(KITA, &north.root), Ok(Polled::Idle));
            north.batch.poll(MINAMI, &south).unwrap();
        }
        assert!(!busy.is_finished(), "the big file is still being checked");
        busy.join().unwrap().unwrap();
    });
    assert_eq!(state(&world, &big), FileState::Rejected);
}

#[test]
fn of_two_stations_big_files_one_is_read_at_a_time_so_that_a_thread_stays_free() {
    let world = World::new();
    let north = Desk::new(&world);
    let south = world.dir.path().join("south");
    fs::create_dir_all(south.join("in")).unwrap();
    let stations = [(KITA, &north.root), (MINAMI, &south)];
    let names = stations.map(|(operator, _)| name(1, CSV).replace(KITA, operator));
    for ((_, root), big) in stations.iter().zip(&names) {
        File::create(root.join("in").join(big)).unwrap().set_len(192 << 20).unwrap();
        fs::write(root.join("in").join(format!("{big}.end")), "").unwrap();
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    let batch = &north.batch;

    std::thread::scope(|scope| {
        let threads = stations
            .map(|(operator, root)| scope.spawn(move || batch.poll(operator, root).unwrap()));
        let free = || threads.iter().filter(|one| one.is_finished()).count();
        while free() == 0 {
            assert!(Instant::now() < deadline, "both threads read");
            crate::world::look_again();
        }
        assert_eq!(free(), 1, "the other one reads still");
    });

    let answered = || {
        let result = |(_, root): &(&str, &std::path::PathBuf), big: &String| {
            root.join("out").join(big.replace("_D.", "_R.")).exists()
        };
        stations.iter().zip(&names).filter(|(station, big)| result(station, big)).count()
    };
    assert_eq!(answered(), 1, "whose turn has not come is not even written down");
    while answered() < 2 {
        assert!(Instant::now() < deadline, "the turn does not pass on");
        for (operator, root) in stations {
            batch.poll(operator, root).unwrap();
        }
    }
}
