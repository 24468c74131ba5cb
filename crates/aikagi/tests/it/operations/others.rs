//! One operator's trouble is not the others'.

use base::kernel::{Actor, Instant, Scope, clock, ids};
use base::records::AccessLine;
use base::store::Tx;
use domain::operators::{self, OperatorDraft, Policies};
use domain::signing::{MasterKey, Rotation, rotate};

use super::program::{Folder, eventually};
use crate::world::{KITA, MINAMI};

const BROKEN: &str = "AAAA01";

fn given_operator(folder: &Folder, code: &str, at: Instant) {
    let key = std::fs::read_to_string(folder.path("master.key")).unwrap();
    let key: [u8; 32] = hex::decode(key.trim()).unwrap().try_into().unwrap();
    let master = MasterKey::new(key);
    let scope = Scope::new(code, Actor::System, at);
    let old = ids::new_id("acc", at.plus_days(-400));
    let act = move |tx: &mut Tx<'_>| {
        let draft = OperatorDraft {
            name_ja: "北".to_owned(),
            name_en: "North".to_owned(),
            policies: Policies::default(),
        };
        operators::put_operator(tx, &draft)?;
        rotate(tx, &master, Rotation::AtOnce)?;
        let line = [
            tx.operator().into(),
            old.as_str().into(),
            tx.now().plus_days(-400).into(),
            "anonymous".into(),
            "GET /".into(),
            200.into(),
            "".into(),
            1.into(),
            "req".into(),
        ];
        tx.exec(AccessLine::INSERT, &line)
    };
    folder.world.db.transact(&scope, act).unwrap();
}

fn number(folder: &Folder, operator: &str, sql: &'static str) -> i64 {
    let scope = Scope::new(operator, Actor::System, clock::now());
    let count = |tx: &mut Tx<'_>| tx.row(sql, &[tx.operator().into()], |row| row.int());
    folder.world.db.read(&scope, count).unwrap().unwrap()
}

#[test]
fn with_one_operators_policies_unreadable_the_others_are_swept_and_sealed_and_their_keys_rotate() {
    let folder = Folder::new();
    let long_ago = clock::now().plus_days(-100);
    for code in [BROKEN, KITA, MINAMI] {
        given_operator(&folder, code, long_ago);
    }
    let scope = Scope::new(BROKEN, Actor::System, clock::now());
    let damage = |tx: &mut Tx<'_>| {
        let sql = "UPDATE operators SET policies = '{broken' WHERE operator_id = ?1";
        tx.exec(sql, &[tx.operator().into()])
    };
    folder.world.db.housekeep(&scope, "test", damage).unwrap();
    let server = folder.serve();
    for code in [KITA, MINAMI] {
        eventually("swept, sealed, and a new key", || {
            let lines =
                number(&folder, code, "SELECT COUNT(*) FROM access_log WHERE operator_id = ?1");
            let seals =
                number(&folder, code, "SELECT COUNT(*) FROM audit_seals WHERE operator_id = ?1");
            let keys =
                number(&folder, code, "SELECT COUNT(*) FROM signing_keys WHERE operator_id = ?1");
            (lines == 0 && seals > 0 && keys == 2).then_some(())
        });
    }
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
}
