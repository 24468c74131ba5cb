//! The letters of the walker of `walker.rs`: whose each is, what it is good for, and what comes of it.

use domain::signin::SignedIn;
use http::Method;

use crate::viewers::{Answer, House};
use crate::walker_model::{Model, Sent};
use crate::world::KITA;

/// What no walker types: the password of who has none.
const NOBODYS: &str = "\u{0}nobody's";

impl Model {
    /// The password somebody signs in with from now on; what they had before is worth nothing.
    pub fn note_password(&mut self, house: &House, sent: &Sent, subject: String) {
        let typed = |name| sent.field(name).unwrap_or_default().to_owned();
        let kept = self.passwords.get(&subject).map(|known| known.0.clone());
        // Who has only a remote control is given a login id, and a password nobody can type.
        let (name, password) = match sent.form() {
            "renewal" => (kept.unwrap(), typed("password")),
            "no-password" => (login_of(house, &subject), NOBODYS.to_owned()),
            _ => (typed("username"), typed("password")),
        };
        self.recovering.retain(|_, person| *person != subject);
        // Who registered before a box has a good letter still.
        let by_box = self.first.has(sent.ticket());
        if !by_box {
            self.letters.remove(&subject);
        }
        let first = &self.first;
        self.shown.retain(|ticket, person| *person != subject || by_box && !first.has(ticket));
        self.passwords.insert(subject, (name, password));
    }

    /// A letter shown at its step, with number and code that belong together.
    pub fn note_letter(&mut self, house: &House, sent: &Sent, answer: &Answer) {
        if sent.method != Method::POST || sent.form() != "letter" || answer.status != 303 {
            return;
        }
        let (number, code) = (sent.field("contract_number"), sent.field("registration_code"));
        let whose = self.whose(number.unwrap_or_default(), code.unwrap_or_default());
        let whose = whose.unwrap_or_else(|| panic!("{sent:?} was taken as a letter"));
        assert_eq!(house.audited("letter.issued"), 4, "no letter comes of a walk");
        self.note_shown(sent.ticket(), code.unwrap_or_default(), whose);
    }

    /// A good letter or invitation in a sign-in.
    fn note_shown(&mut self, ticket: &str, code: &str, whose: String) {
        if self.to_oneself.contains(code) {
            self.going_on.insert(ticket.to_owned());
        } else {
            self.going_on.remove(ticket);
        }
        self.shown.insert(ticket.to_owned(), whose);
    }

    /// Whether a code to go on at another screen is behind this.
    pub fn goes_on(&self, sent: &Sent) -> bool {
        self.going_on.contains(sent.ticket())
    }

    /// Somebody went on at another screen: their code was good once.
    pub fn note_gone_on(&mut self, person: &str) {
        self.letters.remove(person);
        self.shown.retain(|_, whose| whose != person);
        *self.done.entry("went on at another screen".to_owned()).or_default() += 1;
    }

    /// Whose letter or invitation this is, if it is good.
    fn whose(&self, number: &str, code: &str) -> Option<String> {
        let is_it = |(known, letter): &(String, String)| {
            number.trim().eq_ignore_ascii_case(known) && code == letter
        };
        let mut all = self.letters.iter();
        all.find(|(_, one)| is_it(one)).map(|(person, _)| person.clone())
    }

    /// Where the invitation leads that was made last.
    pub fn invitation(&self) -> String {
        let made = self.letters.values().find(|(number, _)| number == "A-001");
        let code = made.map_or("BCDFGHJKMNPQ", |one| one.1.as_str());
        format!("/o/KITA01/invitation?number=A-001&code={code}")
    }

    /// An invitation that was shown to who made it, or opened.
    pub fn note_invitation(
        &mut self,
        house: &House,
        (sent, who): (&Sent, Option<&SignedIn>),
        answer: &Answer,
    ) {
        if let Some((_, rest)) = answer.body.split_once("id=\"invitation\">") {
            assert_eq!(sent.method, Method::POST, "shown once");
            let code = rest.split('<').next().unwrap().replace(' ', "");
            let (_, number) = answer.body.split_once("id=\"number\">").unwrap();
            let number = number.split('<').next().unwrap().to_owned();
            let whose = match sent.form() {
                "family" => invited(house),
                "passkeys" => {
                    self.to_oneself.insert(code.clone());
                    who.expect("only who is signed in").member.person_id.clone()
                }
                other => panic!("{other} told a letter"),
            };
            self.letters.insert(whose, (number, code));
        }
        if sent.form() != "invitation" || answer.status != 303 {
            return;
        }
        let code = sent.path.rsplit_once("code=").map_or("", |one| one.1);
        let whose = self.whose("A-001", code);
        let whose = whose.unwrap_or_else(|| panic!("{sent:?} was taken as an invitation"));
        let location = answer.location();
        let (_, ticket) = location.query().unwrap().split_once("ticket=").unwrap();
        self.note_shown(ticket, code, whose);
    }
}

/// The member who can be invited.
pub fn invited(house: &House) -> String {
    house.world.household("A-001").persons[2].person_id.clone()
}

/// The login id that was given to somebody who chose none.
fn login_of(house: &House, person: &str) -> String {
    let keys = [KITA.into(), person.into()];
    let sql = "SELECT login_name FROM logins WHERE operator_id = ?1 AND person_id = ?2";
    house.world.look(|tx| tx.row(sql, &keys, |row| row.text())).unwrap().unwrap()
}
