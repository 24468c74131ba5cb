//! What a password costs on this machine, and what becomes of it in the configuration.

use super::program::Folder;

#[test]
fn a_calibration_names_a_cost_that_the_configuration_takes() {
    let folder = Folder::new();
    let said =
        folder.run(&["argon2", "calibrate", "--milliseconds", "10000", "--memory-kib", "1"]).well();
    let (table, lines) = said.split_once("[passwords]\n").unwrap();
    assert!(table.contains("memory_kib") && table.contains("19456"), "{said}");
    assert_eq!(lines.trim(), "memory_kib = 19456\npasses = 4", "the strongest with that memory");
    folder.configure(&format!("[passwords]\n{lines}"));
    folder.run(&["config", "check"]).well();
}

#[test]
fn where_nothing_safe_fits_nothing_is_named() {
    let said = Folder::new().run(&["argon2", "calibrate", "--milliseconds", "1"]).well();
    assert!(said.contains("nothing safe fits into 1 ms here") && !said.contains("[passwords]"));
}
