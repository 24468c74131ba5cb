//! A person keeps their contacts on the page for it, and is told there of every change of what they prove
//! themselves by.

use base::kernel::{Scope, clock};
use base::store::{Row, Tx};
use domain::credentials::{Alert, ContactKind, Message, Says, message_of};
use totp_rs::{Builder, Secret};

use crate::passkeys::given_passkey;
use crate::second_factor::told as claims_of;
use crate::viewers::{Answer, House, PASSWORD, Viewer, authorize};
use crate::world::{KITA, sato};

pub const PAGE: &str = "/o/KITA01/contacts";
const MAIL: &str = "hanako@example.jp";
const PHONE: &str = "+819012345678";

/// What waits in the outbox for persons, oldest first, as it would be sent now.
pub fn waiting(house: &House) -> Vec<Message> {
    let scope = Scope::new(KITA, sato(), clock::now());
    let read = |tx: &mut Tx<'_>| {
        let sql = "SELECT payload FROM outbox WHERE operator_id = ?1
                    AND receiver_id IN ('post:mail', 'post:text') ORDER BY outbox_id";
        let payloads = tx.rows(sql, &[KITA.into()], Row::text)?;
        let master = house.provider.signing.master();
        let messages = payloads.iter().map(|payload| message_of(tx, master, payload));
        messages.filter_map(Result::transpose).collect()
    };
    house.world.db.read(&scope, read).unwrap()
}

/// The alerts among them, with where each goes.
fn alerts(house: &House) -> Vec<(String, Alert)> {
    let alert = |one: Message| match one.says {
        Says::Alert(alert) => Some((one.address, alert)),
        Says::Code(_) | Says::Recovery(_) => None,
    };
    waiting(house).into_iter().filter_map(alert).collect()
}

pub fn add(viewer: &mut Viewer<'_>, kind: ContactKind, address: &str) -> Answer {
    viewer.look(PAGE);
    viewer.send_form(PAGE, &[("do", "add"), ("kind", kind.as_str()), ("address", address)])
}

fn does(viewer: &mut Viewer<'_>, what: &str, (id, code): (&str, &str)) -> Answer {
    viewer.look(PAGE);
    viewer.send_form(PAGE, &[("do", what), ("contact", id), ("code", code)])
}

/// The id and the code of what was sent last to an address.
fn sent(house: &House, address: &str) -> (String, String) {
    let all = waiting(house).into_iter().rev();
    let mut codes = all.filter(|one| one.address == address).filter_map(|one| match one.says {
        Says::Code(code) => Some((one.contact_id, code)),
        Says::Alert(_) | Says::Recovery(_) => None,
    });
    codes.next().expect("a code")
}

/// A contact that counts; answers its id.
pub fn given_contact(
    (house, viewer): (&House, &mut Viewer<'_>),
    kind: ContactKind,
    address: &str,
) -> String {
    add(viewer, kind, address);
    let (id, code) = sent(house, &kind.address(address).unwrap());
    assert!(does(viewer, "verify", (&id, &code)).body.contains("連絡先を確認しました"));
    id
}

pub fn pass_ten_minutes(house: &House) {
    let scope = Scope::new(KITA, sato(), clock::now());
    let age = |tx: &mut Tx<'_>| {
        tx.exec("UPDATE browser_sessions SET auth_ms = auth_ms - 600000", &[]).map(drop)
    };
    house.world.db.housekeep(&scope, "test", age).unwrap();
}

#[test]
fn a_contact_is_added_confirmed_shown_and_removed_on_the_page() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    assert!(viewer.look(PAGE).body.contains("連絡先はまだありません"));
    let added = add(&mut viewer, ContactKind::Mail, "ｈanako@Example.JP ");
    assert!(added.body.contains("確認コードを送りました") && added.body.contains("確認待ち"));
    assert!(added.body.contains("<h2>hanako@example.jp</h2>"), "{}", added.body);
    let (id, code) = sent(&house, MAIL);
    assert_eq!(does(&mut viewer, "verify", (&id, "00000000")).refusal(), "contact.code_wrong");
    let soon = add(&mut viewer, ContactKind::Mail, MAIL);
    assert_eq!((soon.status.as_u16(), soon.refusal()), (429, "contact.code_just_sent"));
    let confirmed = does(&mut viewer, "verify", (&id, &code));
    assert!(confirmed.body.contains("日に確認") && !confirmed.body.contains("name=\"code\""));

    given_contact((&house, &mut viewer), ContactKind::Phone, "090-1234-5678");
    assert!(viewer.look(PAGE).body.contains(PHONE));
    let removed = does(&mut viewer, "remove", (&id, ""));
    assert!(removed.body.contains("削除しました") && !removed.body.contains(MAIL));
    assert_eq!(
        alerts(&house),
        [
            (MAIL.to_owned(), Alert::ContactAdded),
            (MAIL.to_owned(), Alert::ContactRemoved),
            (PHONE.to_owned(), Alert::ContactRemoved),
        ]
    );
    for (kind, address, refusal) in [
        (ContactKind::Mail, "<script>@example.jp", "contact.malformed"),
        (ContactKind::Phone, "110", "contact.malformed"),
    ] {
        let page = add(&mut viewer, kind, address);
        assert_eq!(page.refusal(), refusal);
        assert!(!page.body.contains("<script>"), "{}", page.body);
    }
}

#[test]
fn nobody_else_touches_a_contact_and_its_owner_proves_to_be_themselves_first() {
    let house = House::new();
    let mut owner = house.given_viewer("A-001", "takahashi");
    let id = given_contact((&house, &mut owner), ContactKind::Mail, MAIL);
    add(&mut owner, ContactKind::Phone, PHONE);
    let (waits, code) = sent(&house, PHONE);

    let mut other = house.given_viewer("A-002", "tanaka");
    assert_eq!(does(&mut other, "verify", (&waits, &code)).refusal(), "contact.unknown");
    assert_eq!(does(&mut other, "remove", (&id, "")).status, 200, "nothing of theirs");
    other.proof.clone_from(&owner.proof);
    let foreign = other.send_form(PAGE, &[("do", "remove"), ("contact", &id)]);
    assert_eq!(foreign.refusal(), "form.foreign");
    assert!(owner.look(PAGE).body.contains(MAIL));

    pass_ten_minutes(&house);
    let page = owner.look(PAGE);
    assert!(page.body.contains("5分以内") && !page.body.contains("name=\"address\""));
    for what in ["add", "verify", "remove", "again"] {
        let fields = [("do", what), ("contact", &waits), ("code", &code), ("kind", "MAIL")];
        let fields = [&fields[..], &[("address", "thief@example.jp")]].concat();
        let sent = owner.send_form(PAGE, &fields);
        assert!(sent.location().path().ends_with("/signin"), "{what}: {}", sent.body);
        let back = owner.follow(&sent);
        assert!(back.body.contains("連絡先を変えるために"), "{}", back.body);
        owner.look(PAGE);
    }
    assert_eq!(house.audited("person.contact_verified"), 1);
    assert_eq!(house.audited("person.contact_removed"), 0);
}

#[test]
fn every_change_of_what_a_person_signs_in_with_is_told_at_all_their_good_contacts() {
    let house = House::new();
    let mut viewer = house.given_viewer("A-001", "takahashi");
    given_contact((&house, &mut viewer), ContactKind::Mail, MAIL);
    given_contact((&house, &mut viewer), ContactKind::Phone, PHONE);
    add(&mut viewer, ContactKind::Mail, "nobody.confirmed@example.jp");
    let before = alerts(&house).len();
    let told = |what: &str, expected: &[Alert]| {
        let mut all: Vec<(String, Alert)> = alerts(&house).split_off(before);
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let both =
            [PHONE, MAIL].iter().flat_map(|to| expected.iter().map(|one| ((*to).to_owned(), *one)));
        assert_eq!(all, both.collect::<Vec<_>>(), "{what}");
    };
    let mut expected = Vec::new();

    given_passkey(&mut viewer, "ｽﾏﾎ");
    expected.push(Alert::PasskeyAdded);
    told("a passkey", &expected);
    let page = viewer.look("/o/KITA01/passkeys");
    let (_, rest) = page.body.split_once("name=\"passkey\" value=\"").unwrap();
    let passkey = rest.split('"').next().unwrap();
    viewer.send_form("/o/KITA01/passkeys", &[("do", "remove"), ("passkey", passkey)]);
    expected.push(Alert::PasskeyRemoved);
    told("a passkey taken away", &expected);

    let security = "/o/KITA01/security";
    viewer.look(security);
    let begun = viewer.send_form(security, &[("action", "begin")]);
    let (_, rest) = begun.body.split_once("id=\"secret\">").unwrap();
    let secret = rest.split('<').next().unwrap().replace(' ', "");
    let totp =
        Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap()).build().unwrap();
    let code = totp.generate(u64::try_from(clock::now().ms() / 1000).unwrap()).to_string();
    viewer.send_form(security, &[("action", "confirm"), ("code", &code)]);
    expected.extend([Alert::TotpAdded, Alert::RecoveryCodesMade]);
    told("an authenticator", &expected);
    viewer.send_form(security, &[("action", "codes")]);
    viewer.send_form(security, &[("action", "remove")]);
    expected.extend([Alert::RecoveryCodesMade, Alert::TotpRemoved]);
    told("its end", &expected);

    let letter = house.given_letter("A-001");
    let mut thief = Viewer::new(&house);
    thief.open_page(&authorize(&[]));
    thief.submit("go", &[("step", "letter")]);
    thief.submit("letter", &[("contract_number", "A-001"), ("registration_code", &letter)]);
    let done = thief.submit("account", &[("username", "takahashi2"), ("password", PASSWORD)]);
    assert_eq!(claims_of(&house, &done)["acr"], "urn:aikagi:acr:password");
    expected.push(Alert::PasswordReplaced);
    told("a password replaced by letter", &expected);
}

#[test]
fn a_kind_nothing_is_sent_to_can_not_be_added() {
    let house = House::reaching(vec![ContactKind::Mail]);
    let mut viewer = house.given_viewer("A-001", "takahashi");
    let page = viewer.look(PAGE);
    assert!(page.body.contains("value=\"MAIL\"") && !page.body.contains("value=\"PHONE\""));
    let refused = add(&mut viewer, ContactKind::Phone, PHONE);
    assert_eq!(refused.refusal(), "contact.kind_unavailable");
    assert_eq!(viewer.send_form(PAGE, &[("do", "add"), ("kind", "FAX")]).status, 409);
    let house = House::reaching(Vec::new());
    let mut viewer = house.given_viewer("A-001", "takahashi");
    assert!(viewer.look(PAGE).body.contains("受け付けていません"));
}
