//! What the configuration refuses, in words that say what to do.

use std::os::unix::fs::PermissionsExt as _;

use super::program::{Ended, Folder, program};

/// `config check` with `more` in the file ends with code 2 and says `says`.
#[track_caller]
fn refused(more: &str, says: &str) {
    let folder = Folder::new();
    folder.configure(more);
    let ended = folder.run(&["config", "check"]);
    assert_eq!(ended.code, 2, "{more}: {}{}", ended.out, ended.err);
    assert!(ended.err.contains(says), "{more}: {}", ended.err);
}

#[test]
fn a_complete_configuration_is_safe() {
    assert!(Folder::new().run(&["config", "check"]).well().contains("complete and safe"));
}

#[test]
fn an_unknown_key_is_told_its_nearest_neighbour() {
    refused("[listne]\naddress = \"127.0.0.1:1\"\n", "did you mean listen.address?");
    refused("[log]\nfromat = \"json\"\n", "log.fromat: no such key — did you mean log.format?");
    refused("[log]\nlevel = 3\n", "log.level: is not a text");
    let folder = Folder::new();
    let ended = folder.command(&["config", "check"]).env("AIKAGI_LOG__LEVLE", "info").output();
    let text = String::from_utf8(ended.unwrap().stderr).unwrap();
    assert!(text.contains("AIKAGI_LOG__LEVLE: no such key — did you mean log.level?"), "{text}");
}

#[test]
fn the_environment_wins_over_the_file_and_is_read_by_type() {
    let folder = Folder::new();
    let check = |name: &str, value: &str| {
        folder.command(&["config", "check"]).env(name, value).status().unwrap().code()
    };
    assert_eq!(check("AIKAGI_LISTEN__DRAIN_SECONDS", "5"), Some(0));
    assert_eq!(check("AIKAGI_LISTEN__DRAIN_SECONDS", "soon"), Some(2));
    assert_eq!(check("AIKAGI_OUTGOING__ALLOW", "10.0.0.0/8, partner.lan:8443"), Some(0));
    assert_eq!(check("AIKAGI_OUTGOING__ALLOW", "everything"), Some(2));
    assert_eq!(check("AIKAGI_BASE_URL", "http://id.example.jp"), Some(2));
}

#[test]
fn each_unsafe_setting_refuses_to_start() {
    let unsafe_settings = [
        ("[database]\nrelaxed = true\nurl = \"sqlite:x.db\"\n", "power cut"),
        ("[database]\nurl = \"postgres://u:secret@db.example.jp/x\"\n", "reached without TLS"),
        ("[database]\nurl = \"postgres://u@localhost/x?sslmode=require\"\n", "asks for TLS"),
        ("[database]\nurl = \"mysql://u@localhost/x\"\n", "of no database we know"),
        ("[listen]\naddress = \"0.0.0.0:80\"\n", "plain HTTP to other machines"),
        ("[listen]\naddress = \"localhost\"\n", "is not an address and port"),
        ("[listen]\ntls_certificate_file = \"c.pem\"\n", "missing beside tls_certificate_file"),
        ("[listen]\naddress = \"127.0.0.1:9\"\nops_address = \"127.0.0.1:9\"\n", "port of its own"),
        ("[log]\nformat = \"xml\"\n", "neither json nor human"),
        ("[secrets]\nmaster_key = \"00\"\n", "in the configuration file"),
        ("[secrets]\nmaster_key_file = \"\"\n", "no master key"),
    ];
    for (setting, says) in unsafe_settings {
        let folder = Folder::new();
        let whole = format!("base_url = \"http://localhost:8080\"\n{setting}");
        let whole = if setting.contains("[secrets]") {
            whole
        } else {
            format!("{whole}[secrets]\nmaster_key_file = \"master.key\"\n")
        };
        folder.write("aikagi.toml", &whole);
        for command in [&["config", "check"][..], &["serve"]] {
            let ended = folder.run(command);
            assert_eq!(ended.code, 2, "{setting}: {}", ended.err);
            assert!(ended.err.contains(says), "{setting}: {}", ended.err);
            assert!(!ended.err.contains("secret@"), "a password is never shown: {}", ended.err);
        }
    }
}

#[test]
fn the_base_address_is_written_exactly() {
    for (wrong, advice) in [
        ("https://ID.example.jp", "write \"https://id.example.jp\""),
        ("https://id.example.jp/", "write \"https://id.example.jp\""),
        ("https://id.example.jp:443", "write \"https://id.example.jp\""),
        ("https://id.example.jp/idp", "write \"https://id.example.jp\""),
        ("http://id.example.jp", "is plain http"),
        ("id.example.jp", "base_url"),
        ("", "is missing"),
    ] {
        let folder = Folder::new();
        let output = folder.command(&["config", "check"]).env("AIKAGI_BASE_URL", wrong).output();
        let said = String::from_utf8(output.unwrap().stderr).unwrap();
        assert!(said.contains(advice), "{wrong}: {said}");
    }
}

#[test]
fn a_master_key_must_be_long_and_private() {
    let folder = Folder::new();
    let key = folder.path("master.key");
    let say = |folder: &Folder| folder.run(&["config", "check"]).err;
    let mode =
        |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();

    mode(0o644);
    assert!(say(&folder).contains("everybody on this machine may read it"), "{}", say(&folder));
    mode(0o600);
    for (text, says) in [
        ("00ff", "is too short"),
        (&"ab".repeat(40), "is too long"),
        (&"00".repeat(32), "is one byte repeated"),
        ("not a key at all", "is not hexadecimal"),
    ] {
        std::fs::write(&key, text).unwrap();
        assert!(say(&folder).contains(says), "{text}: {}", say(&folder));
    }
    std::fs::remove_file(&key).unwrap();
    assert!(say(&folder).contains("aikagi keys new-master-key"));
    folder.run(&["keys", "new-master-key", "master.key"]).well();
    folder.run(&["config", "check"]).well();
    let again = folder.run(&["keys", "new-master-key", "master.key"]);
    assert_eq!(again.code, 1, "a key that is there is never written over");
}

#[test]
fn the_configuration_page_is_the_one_the_program_writes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert_eq!(page.trim_end(), aikagi::config::reference().trim_end());
}

/// Commands of the help text below its `Commands:`, each with the words that explain it.
fn commands(help: &str) -> Vec<(String, String)> {
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = listed.lines().take_while(|line| line.starts_with("  "));
    let commands = lines.filter_map(|line| {
        let (name, words) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        (line.starts_with("  ") && !line.starts_with("   "))
            .then(|| (name.to_owned(), words.trim().to_owned()))
    });
    commands.filter(|(name, _)| name != "help").collect()
}

/// Asks `path` and everything below it for help; returns all commands that do something.
fn ask_for_help(folder: &std::path::Path, path: &[&str]) -> Vec<String> {
    let asked = [path, &["--help"]].concat();
    let help = Ended::of(program(folder, &asked).output().unwrap()).well();
    assert!(help.len() > 50 && help.contains("Usage: aikagi"), "{path:?}");
    // Every argument and option says what it is, on its line or the next.
    for part in ["\nArguments:\n", "\nOptions:\n"] {
        let listed = help.split(part).nth(1).unwrap_or_default().split("\n\n").next().unwrap();
        let lines: Vec<&str> = listed.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let is_name = !line.starts_with("       ") && line.trim().starts_with(['<', '-', '[']);
            let told = line.trim().contains("  ")
                || lines.get(at + 1).is_some_and(|next| next.starts_with("        "));
            assert!(!is_name || told, "{path:?}: {line}");
        }
    }
    let below = commands(&help);
    if below.is_empty() {
        return vec![path.join(" ")];
    }
    let one = |(name, words): &(String, String)| {
        assert!(words.len() > 10, "{path:?} {name} is not explained");
        ask_for_help(folder, &[path, &[name.as_str()]].concat())
    };
    below.iter().flat_map(one).collect()
}

#[test]
fn every_command_has_help_and_a_wrong_one_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| program(folder.path(), arguments).output().unwrap();
    let all = ask_for_help(folder.path(), &[]);
    for known in ["serve", "apply", "migrate up", "sms undo", "generate sms-file", "doctor"] {
        assert!(all.contains(&known.to_owned()), "{known}: {all:?}");
    }
    assert!(all.len() > 20, "{all:?}");
    assert_eq!(run(&["frobnicate"]).status.code(), Some(2));
    let lost = run(&["operator", "list"]);
    assert_eq!(lost.status.code(), Some(2));
    assert!(String::from_utf8(lost.stderr).unwrap().contains("--config"));
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("sms")).unwrap();
    folder.configure("sms.directory = \"sms\"\n");
    let out = folder.run(&["doctor"]).well();
    assert_eq!(out.lines().filter(|line| line.starts_with("ok")).count(), out.lines().count());

    folder.configure("sms.directory = \"nowhere\"\n");
    std::fs::remove_file(folder.path("master.key")).unwrap();
    let sick = folder.run(&["doctor"]);
    assert_eq!(sick.code, 1);
    let failed = |what: &str| sick.out.lines().any(|l| l.starts_with("FAIL") && l.contains(what));
    assert!(failed("keys") && failed("sms files") && failed("config"), "{}", sick.out);
    assert!(sick.out.contains("make it writable for us"), "{}", sick.out);
}

#[test]
fn the_doctor_looks_into_every_stations_folder() {
    let folder = Folder::new();
    for station in ["OP0012", "OP0013"] {
        std::fs::create_dir_all(folder.path("sms").join(station).join("in")).unwrap();
    }
    folder.configure("sms.directory = \"sms\"\n");
    let well = folder.run(&["doctor"]).well();
    assert!(well.contains("the folders of 2 stations"), "{well}");
    assert_eq!(std::fs::read_dir(folder.path("sms/OP0012/in")).unwrap().count(), 0);

    // The superuser passes permissions; a file in the folder's place stops everybody.
    std::fs::write(folder.path("sms/OP0013/out"), "").unwrap();
    let sick = folder.run(&["doctor"]);
    assert_eq!(sick.code, 1);
    assert!(
        sick.out.contains("OP0013/out") && sick.out.contains("writable for us"),
        "{}",
        sick.out
    );
    assert!(!sick.out.contains("OP0012"), "{}", sick.out);
}
