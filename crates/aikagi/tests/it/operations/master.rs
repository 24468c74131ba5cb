//! A master key that is not the database's own: nothing starts, nothing is made with it.

use super::program::{Folder, eventually, get};

const STATION: &str = "[[operators]]\ncode = \"OP0012\"\nname_ja = \"北浜\"\nname_en = \"Kita\"\n";
const TOLD: &str = "another master key";

/// Takes the folder's key away and puts another in its place.
fn exchange_key(folder: &Folder) {
    std::fs::remove_file(folder.path("master.key")).unwrap();
    aikagi::config::new_master_key(&folder.path("master.key")).unwrap();
}

fn sealed_rows(folder: &Folder) -> i64 {
    let count = |sql| folder.world.look(|tx| tx.row(sql, &[], |row| row.int())).unwrap().unwrap();
    count("SELECT COUNT(*) FROM signing_keys WHERE operator_id <> ''")
        + count("SELECT COUNT(*) FROM receivers WHERE operator_id <> ''")
}

#[track_caller]
fn everything_refuses(folder: &Folder) {
    let before = sealed_rows(folder);
    folder.write("more.toml", &format!("{STATION}{}", WEBHOOK.replace("vod", "vod2")));
    for arguments in [
        &["serve"][..],
        &["doctor"],
        &["keys", "rotate"],
        &["keys", "rotate", "--operator", "OP0012", "--compromised"],
        &["apply", "more.toml"],
    ] {
        let ended = folder.run(arguments);
        let said = format!("{}{}", ended.out, ended.err);
        assert_ne!(ended.code, 0, "{arguments:?}: {said}");
        assert!(said.contains(TOLD), "{arguments:?}: {said}");
    }
    assert_eq!(sealed_rows(folder), before, "nothing was made with the other key");
}

const WEBHOOK: &str = "[[operators.webhooks]]\nid = \"vod\"\n\
                       url = \"https://vod.example.jp/hook\"\nevents = [\"contract.*\"]\n";

#[test]
fn with_another_master_key_than_the_signing_keys_nothing_starts() {
    let folder = Folder::new();
    folder.write("station.toml", STATION);
    folder.run(&["apply", "station.toml"]).well();
    let server = folder.serve();
    eventually("the first key", || get(server.public, "/jwks").filter(|said| said.0 == 200));
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
    exchange_key(&folder);
    everything_refuses(&folder);
}

#[test]
fn with_another_master_key_than_the_webhooks_nothing_starts() {
    let folder = Folder::new();
    folder.write("station.toml", &format!("{STATION}{WEBHOOK}"));
    folder.run(&["apply", "station.toml"]).well();
    exchange_key(&folder);
    everything_refuses(&folder);
}

#[test]
fn a_database_exchanged_under_a_server_takes_it_out_of_service() {
    let folder = Folder::new();
    let server = folder.serve();
    assert_eq!(get(server.ops, "/readyz").unwrap().0, 200);
    let other = domain::signing::MasterKey::random();
    let scope = folder.world.scope("*", base::kernel::Actor::System);
    let rotate = move |tx: &mut base::store::Tx<'_>| {
        domain::signing::rotate(tx, &other, domain::signing::Rotation::AtOnce)
    };
    folder.world.db.transact(&scope, rotate).unwrap();
    let (status, said) = get(server.ops, "/readyz?verbose").unwrap();
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("[-] master key"), "{said}");
}
