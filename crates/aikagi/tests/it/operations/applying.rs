//! Applying a file: what it says is so afterwards, once.

use super::program::Folder;

const STATION: &str = r#"
[[operators]]
code = "OP0012"
name_ja = "北浜ケーブル㈱"
name_en = "Kitahama Cable"
policies = { adult_sold = true, max_persons = 4 }

[[operators.staff]]
id = "sato"
name = "佐藤 髙子"
roles = ["desk", "viewer"]

[[operators.products]]
code = "BASIC"
kind = "BUNDLE"
name_ja = "基本セット"
name_en = "Basic"
rating_years = 0
items = ["CH101", "KIDS"]

[[operators.products]]
code = "CH101"
kind = "CHANNEL"
name_ja = "北浜チャンネル"
name_en = "Kitahama Channel"
rating_years = 0
refs = ["channel:101"]

[[operators.products]]
code = "KIDS"
kind = "SVOD"
name_ja = "キッズ見放題"
name_en = "Kids"
rating_years = 0
refs = ["title:T1"]
sold_until = "2030-03-31"

[[operators.api_clients]]
id = "sms-kita"
name_ja = "㈱北浜システム"
name_en = "Kitahama Systems"

[[operators.webhooks]]
id = "vod"
url = "https://vod.example.jp/hook"
events = ["contract.*", "key.*"]

[[clients]]
id = "miruplus"
name_ja = "みるぷらす"
name_en = "Miruplus"
redirect_uris = ["https://vod.example.jp/cb"]
"#;

fn station() -> Folder {
    let folder = Folder::new();
    folder.write("station.toml", STATION);
    folder
}

#[test]
fn a_second_run_changes_nothing_and_shows_no_secret_again() {
    let folder = station();
    let first = folder.run(&["apply", "station.toml"]).well();
    assert_eq!(first.lines().filter(|line| line.starts_with('+')).count(), 8, "{first}");
    assert_eq!(first.lines().filter(|line| line.contains("shown only now")).count(), 3, "{first}");
    let second = folder.run(&["apply", "station.toml"]).well();
    assert_eq!(second, "nothing to do\n");
}

#[test]
fn a_dry_run_shows_the_difference_and_keeps_everything_as_it_is() {
    let folder = station();
    let dry = folder.run(&["apply", "station.toml", "--dry-run"]).well();
    assert!(dry.contains("+ OP0012 product BASIC") && !dry.contains("shown only now"), "{dry}");
    assert!(!folder.run(&["operator", "list"]).well().contains("OP0012"));

    folder.run(&["apply", "station.toml"]).well();
    folder.write("station.toml", &STATION.replace("\"Kids\"", "\"For kids\""));
    let dry = folder.run(&["apply", "station.toml", "--dry-run"]).well();
    assert!(dry.contains("~ OP0012 product KIDS\n    name_en: Kids -> For kids\n"), "{dry}");
    let changed = folder.run(&["apply", "station.toml"]).well();
    assert_eq!(changed, "~ OP0012 product KIDS\n    name_en: Kids -> For kids\n");
}

#[test]
fn a_refusal_names_the_thing_and_nothing_of_its_operator_is_kept() {
    let folder = station();
    for (from, to, says) in [
        (
            "\"CH101\", \"KIDS\"",
            "\"CH101\", \"BASIC\"",
            "OP0012 product BASIC: product.bundle_cycle",
        ),
        ("\"CH101\", \"KIDS\"", "\"CH999\"", "OP0012 product BASIC: product.unknown (CH999)"),
        ("max_persons = 4", "max_persons = 40", "policies.max_persons"),
        ("\"desk\"", "\"boss\"", "OP0012 staff sato: staff.role_unknown"),
        ("\"title:T1\"", "\"T1\"", "OP0012 product KIDS: product.reference_malformed"),
    ] {
        folder.write("bad.toml", &STATION.replace(from, to));
        let ended = folder.run(&["apply", "bad.toml"]);
        assert_eq!(ended.code, 1, "{}", ended.err);
        assert!(ended.err.contains(says), "{}", ended.err);
    }
    assert!(!folder.run(&["operator", "list"]).well().contains("OP0012"));
    folder.write("bad.toml", &STATION.replace("sold_until", "sold_untill"));
    let ended = folder.run(&["apply", "bad.toml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("unknown field `sold_untill`"), "{}", ended.err);
}

const LOOK: &str = r##"
[operators.look]
logo_file = "kita.png"
accent_day = "#8A2F6B"
accent_night = "#f2a6d4"
help_url = "https://help.kita.example.jp"

[[operators.staff]]
id = "sato""##;

#[test]
fn a_look_is_applied_with_its_logo_once_and_what_is_wrong_with_it_is_named() {
    let folder = station();
    folder.run(&["apply", "station.toml"]).well();
    let text = STATION.replacen("\n[[operators.staff]]\nid = \"sato\"", LOOK, 1);
    folder.write("station.toml", &text);
    std::fs::write(folder.path("kita.png"), crate::looks::picture(60, 40)).unwrap();
    let dry = folder.run(&["apply", "station.toml", "--dry-run"]).well();
    assert_eq!(folder.run(&["apply", "station.toml"]).well(), "+ OP0012 look\n");
    assert_eq!(dry.lines().filter(|line| line.starts_with(['+', '~'])).count(), 1, "{dry}");
    assert!(dry.starts_with("+ OP0012 look"), "{dry}");
    assert_eq!(folder.run(&["apply", "station.toml"]).well(), "nothing to do\n");
    folder.write("station.toml", &text.replace("#f2a6d4", "#f2a6d5"));
    let changed = folder.run(&["apply", "station.toml"]).well();
    assert_eq!(changed, "~ OP0012 look\n    accent_night: #f2a6d4 -> #f2a6d5\n");

    folder.write("drawn.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    for (from, to, code, says) in [
        ("#8A2F6B", "#f2a6d4", 1, "OP0012 look: look.contrast_low (accent_day: 1.6 on alarm-paper"),
        ("#8A2F6B", "red", 1, "OP0012 look: look.colour_malformed (accent_day)"),
        ("https://help", "javascript:help", 1, "OP0012 look: look.address_malformed (help_url)"),
        ("kita.png", "drawn.svg", 1, "drawn.svg: look.logo_kind (logo)"),
        ("kita.png", "nothing.png", 2, "nothing.png: "),
        ("logo_file", "logo", 2, "unknown field `logo`"),
    ] {
        folder.write("bad.toml", &text.replacen(from, to, 1));
        let ended = folder.run(&["apply", "bad.toml"]);
        assert_eq!(ended.code, code, "{}", ended.err);
        assert!(ended.err.contains(says), "{}", ended.err);
    }
}

#[test]
fn secrets_come_from_files_when_they_are_named() {
    let folder = station();
    folder.write("sms.secret", "0123456789abcdef0123456789abcdef0123456789a\n");
    let text =
        STATION.replace("id = \"sms-kita\"", "id = \"sms-kita\"\nsecret_file = \"sms.secret\"");
    folder.write("station.toml", &text);
    let first = folder.run(&["apply", "station.toml"]).well();
    assert!(!first.contains("secret of OP0012 client sms-kita"), "{first}");
    assert_eq!(folder.run(&["apply", "station.toml"]).well(), "nothing to do\n");
    folder.write("sms.secret", "another0123456789abcdef0123456789abcdef0123");
    assert!(folder.run(&["apply", "station.toml"]).well().contains("~ OP0012 client sms-kita"));
}

#[test]
fn an_operator_is_switched_off_and_on_and_the_audit_is_proven() {
    let folder = station();
    folder.run(&["apply", "station.toml"]).well();
    assert_eq!(folder.run(&["operator", "disable", "OP0012"]).well(), "done\n");
    assert!(folder.run(&["operator", "disable", "OP0012"]).well().contains("already"));
    assert!(folder.run(&["operator", "show", "OP0012"]).well().contains("DISABLED"));
    assert_eq!(folder.run(&["operator", "enable", "OP0012"]).well(), "done\n");
    let unknown = folder.run(&["operator", "disable", "OP9999"]);
    let said = "aikagi: operator.unknown (OP9999): There is no such operator.";
    assert_eq!((unknown.code, unknown.err.trim()), (1, said));
    assert!(folder.run(&["audit", "verify"]).well().contains("proven"));
}
