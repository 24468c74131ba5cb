//! Files that are far too big in one place, and folders that are closed: little memory, nothing lost.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use domain::files::FileState;

use crate::batch_crash::{start, told};
use crate::batch_desk::{Desk, csv, row, starts, state};
use crate::world::{KITA, World};

/// Bytes of the one line: many times what a process needs that is just busier than another day.
const HUGE: u64 = 96 << 20;
/// Most memory the work on it may add to what the process needed before, in kilobytes.
const MOST_KB: u64 = 4 << 10;

/// Not a test: the process whose memory is measured. Works until there is nothing to do.
#[test]
#[ignore = "run by the test of this file, in a process of its own"]
fn helper_that_is_measured() {
    let Some(desk) = told() else { return };
    // What any file needs, code that was never run before above all, is not counted.
    let (plain, content) = csv(1, &starts("W", 3));
    desk.put(&plain, &content);
    desk.work();
    let before = peak_kb();
    for later in fs::read_dir(desk.root.join("later")).unwrap().map(|one| one.unwrap()) {
        let name = later.file_name();
        fs::rename(later.path(), desk.root.join("in").join(&name)).unwrap();
        desk.work_until(name.to_str().unwrap());
    }
    fs::write(desk.root.join("added"), (peak_kb() - before).to_string()).unwrap();
}

/// The most memory this process ever had, in kilobytes.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    peak.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_line_of_many_megabytes_is_refused_with_little_memory() {
    // An endless line, and one that is endless because its quotation mark stays open.
    for begun in ["D,00000001,", "D,00000001,\"\n\n"] {
        let world = World::new();
        let desk = Desk::new(&world);
        let (sent, content) = csv(2, &starts("C", 1));
        let header = content.split_inclusive(|byte| *byte == b'\n').next().unwrap();
        let later = desk.root.join("later");
        fs::create_dir(&later).unwrap();
        fs::write(later.join(&sent), header).unwrap();
        let mut file = File::options().append(true).open(later.join(&sent)).unwrap();
        file.write_all(begun.as_bytes()).unwrap();
        file.set_len(HUGE).unwrap();

        let mut helper = start(&world, &desk.root, "batch_huge::helper_that_is_measured");
        assert!(helper.0.wait().unwrap().success());

        let refused = row(&world, &sent);
        assert_eq!((refused.state, &*refused.code), (FileState::Rejected, "F006"));
        assert!(refused.detail.contains("a record of at most 8192 bytes"), "{}", refused.detail);
        let added: u64 = fs::read_to_string(desk.root.join("added")).unwrap().parse().unwrap();
        assert!(added < MOST_KB, "{added} kB more were needed");
    }
}

#[test]
fn a_closed_folder_is_named_and_work_goes_on_when_it_is_open() {
    let world = World::new();
    let desk = Desk::new(&world);
    let (sent, content) = csv(1, &starts("C", 1));
    desk.put(&sent, &content);
    let incoming = desk.root.join("in");
    fs::set_permissions(&incoming, Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&incoming).is_ok() {
        eprintln!("skipped: who runs this passes permissions, being root");
        fs::set_permissions(&incoming, Permissions::from_mode(0o700)).unwrap();
        return;
    }

    let error = desk.batch.poll(KITA, &desk.root).unwrap_err();

    assert!(error.to_string().contains("sms/in"), "{error}");
    fs::set_permissions(&incoming, Permissions::from_mode(0o700)).unwrap();
    desk.work_until(&sent);
    assert_eq!(state(&world, &sent), FileState::ResultSent);
}
