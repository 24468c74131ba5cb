//! Clients at the command line: looked at, switched off and on, given another secret.

use super::program::Folder;
use crate::world::{KITA, MINAMI};

/// Two stations with a client of the same name each, and a client of all.
fn given_clients() -> Folder {
    let folder = Folder::new();
    let key = "[[operators.clients]]\nid = \"portal\"\nredirect_uris = [\"https://a.jp/cb\"]\n";
    let named = |ja: &str, en: &str| format!("name_ja = \"{ja}\"\nname_en = \"{en}\"\n");
    let station = |code: &str, ja: &str| {
        let (own, portal) = (named(ja, "Station"), named("㈱髙橋ポータル", "Portal"));
        format!("[[operators]]\ncode = \"{code}\"\n{own}{key}{portal}")
    };
    let everywhere = format!(
        "[[clients]]\nid = \"miruplus\"\nredirect_uris = [\"https://b.jp/cb\"]\n{}",
        named("みるぷらす", "Miruplus")
    );
    let text = [station(KITA, "北浜"), station(MINAMI, "南野"), everywhere].concat();
    folder.write("station.toml", &text);
    folder.run(&["apply", "station.toml"]).well();
    folder
}

#[test]
fn a_client_is_switched_off_and_on_at_its_own_operator_and_stays_off_when_a_file_is_applied() {
    let folder = given_clients();
    let client = |verb: &str| folder.run(&["client", verb, "portal", "--operator", KITA]);
    assert_eq!(client("enable").well(), "it was so already\n");
    assert_eq!(client("disable").well(), "done\n");
    assert_eq!(client("disable").well(), "it was so already\n");
    let listed = |operator: &str| folder.run(&["client", "list", "--operator", operator]).well();
    assert!(listed(KITA).contains("disabled") && listed(KITA).contains("㈱髙橋ポータル"));
    assert!(!listed(MINAMI).contains("disabled"), "the other operator's is another one");
    folder.run(&["apply", "station.toml"]).well();
    assert!(client("show").well().contains("disabled"), "the file does not say that it is on");
    assert_eq!(client("enable").well(), "done\n");
    assert!(listed(KITA).contains("enabled"));
    let scope = folder.world.scope(KITA, crate::world::sato());
    let lines = folder.world.db.read(&scope, |tx| base::records::list_audit(tx, "", 100)).unwrap();
    let acts: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line.subject == "portal")
        .map(|line| (line.act.as_str(), line.actor.as_str()))
        .collect();
    assert_eq!(acts.len(), 3, "{acts:?}");
    assert_eq!(acts[1].0, "client.disabled");
    assert_eq!(acts[2].0, "client.enabled");
    assert!(acts[1].1.contains("cli"), "{acts:?}");
}

#[test]
fn a_new_secret_is_shown_once_and_what_is_kept_of_it_is_never_shown() {
    let folder = given_clients();
    let said = folder.run(&["client", "new-secret", "miruplus"]).well();
    let secret = said.trim().rsplit(' ').next().unwrap();
    assert_eq!(secret.len(), 43, "{said}");
    let shown = folder.run(&["client", "show", "miruplus"]).well();
    assert!(shown.contains("redirect   https://b.jp/cb") && shown.contains("みるぷらす"));
    let hash = domain::clients::hash_secret(secret).unwrap();
    assert!(!shown.contains(secret) && !shown.contains(&hash), "{shown}");
    let again = folder.run(&["client", "new-secret", "miruplus"]).well();
    assert_ne!(again, said);
}

#[test]
fn a_client_that_is_not_there_is_refused_by_name() {
    let folder = given_clients();
    for verb in ["show", "disable", "enable", "new-secret"] {
        let ended = folder.run(&["client", verb, "miruplus", "--operator", KITA]);
        assert_eq!(ended.code, 1, "{verb}");
        assert!(ended.err.contains("client.unknown"), "{}", ended.err);
    }
    let nobody = folder.run(&["client", "list", "--operator", "NOBODY"]);
    assert_eq!(nobody.code, 1);
    assert!(nobody.err.contains("operator.unknown"), "{}", nobody.err);
}
