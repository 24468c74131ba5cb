//! Handles: names of rows that prove we issued them. Session cookies, sign-in tickets, authorization
//! codes and refresh tokens are handles.
//!
//! A handle is `operator.id.turn.proof`; the proof is an HMAC-SHA-256 under a key derived from the
//! master key, one key for each kind. So an invented handle never reaches the database, a reader of
//! the database can use nothing he finds there (no secret is stored, hashed or not), and a repeated
//! request can be answered with the very same handle. Source: `docs/decisions/0019-handles.md`.

use aws_lc_rs::hmac;
use base::kernel::Instant;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::MasterKey;

/// How long a word given by [`Handles::nonce`] is good.
pub const NONCE_SECONDS: i64 = 300;
/// How far the clocks of our nodes may be apart.
const AHEAD_SECONDS: i64 = 10;

/// What a handle opens; a handle of one kind is worth nothing as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleKind {
    /// A browser session, in a cookie.
    Session,
    /// A sign-in under way, in the address of its pages.
    SignIn,
    /// An authorization code.
    Code,
    /// A refresh token; its turn counts the rotations.
    Refresh,
    /// A device's code.
    Device,
    /// A pushed authorization request.
    Pushed,
    /// A mail we sent, in its `Message-ID`; its turn is when.
    Mail,
    /// A session of somebody who works for a station, in a cookie.
    Staff,
}

/// What a handle says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// The operator whose row it names.
    pub operator: String,
    /// The row.
    pub id: String,
    /// How often it was turned; 0 for kinds that are not.
    pub turn: i64,
}

/// Writes and reads handles, and derives the other things that need a key but no secrecy of content.
pub struct Handles {
    session: hmac::Key,
    sign_in: hmac::Key,
    code: hmac::Key,
    refresh: hmac::Key,
    device: hmac::Key,
    pushed: hmac::Key,
    mail: hmac::Key,
    staff: hmac::Key,
    pairwise: hmac::Key,
    forms: hmac::Key,
    secrets: hmac::Key,
    nonces: hmac::Key,
}

impl Handles {
    /// With keys derived from `master`.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        let key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, &master.derive(purpose));
        Self {
            session: key("handle/session"),
            sign_in: key("handle/sign-in"),
            code: key("handle/code"),
            refresh: key("handle/refresh"),
            device: key("handle/device"),
            pushed: key("handle/pushed"),
            mail: key("handle/mail"),
            staff: key("handle/staff"),
            pairwise: key("pairwise"),
            forms: key("forms"),
            secrets: key("secrets"),
            nonces: key("nonces"),
        }
    }

    /// The handle of `kind` that names the row `id` of `operator` at `turn`.
    #[must_use]
    pub fn write(&self, kind: HandleKind, operator: &str, (id, turn): (&str, i64)) -> String {
        let named = format!("{operator}.{id}.{turn}");
        let proof = URL_SAFE_NO_PAD.encode(hmac::sign(self.key(kind), named.as_bytes()));
        format!("{named}.{proof}")
    }

    /// What `text` names, if it is a handle of this kind that we wrote. Takes the same time whether
    /// the proof is nearly right or not at all.
    #[must_use]
    pub fn read(&self, kind: HandleKind, text: &str) -> Option<Handle> {
        // Its shape first: access tokens come here too, and are told apart without a computation.
        let (named, proof) = text.rsplit_once('.')?;
        let (row, turn) = named.rsplit_once('.')?;
        let (operator, id) = row.rsplit_once('.')?;
        let turn = turn.parse().ok()?;
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
        hmac::verify(self.key(kind), named.as_bytes(), &proof).ok()?;
        Some(Handle { operator: operator.to_owned(), id: id.to_owned(), turn })
    }

    /// The pairwise name of `of` within `sector`: 43 characters that are the same every time and can
    /// not be led back. Salted by operator, so that equal ids of two operators differ.
    /// Source: OpenID Connect Core §8.1.
    #[must_use]
    pub fn pairwise(&self, operator: &str, sector: &str, of: &str) -> String {
        let text = format!("{}:{operator}:{}:{sector}:{of}", operator.len(), sector.len());
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.pairwise, text.as_bytes()))
    }

    /// The secret that `of` of `operator` has by `turn`, a word that is used once and told nobody: 43 characters
    /// that are the same every time, so that who asks again is answered again and nothing has to be kept.
    #[must_use]
    pub fn secret(&self, operator: &str, of: &str, turn: &str) -> String {
        let text = format!("{}:{operator}:{}:{of}:{turn}", operator.len(), of.len());
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.secrets, text.as_bytes()))
    }

    /// A word of `operator` that says when it was given, for whoever has to show that they did something since.
    /// Nothing is kept of it: every node knows it by itself.
    ///
    /// Source: RFC 9449 §8.
    #[must_use]
    pub fn nonce(&self, operator: &str, now: Instant) -> String {
        let given = now.ms() / 1000;
        let proof = hmac::sign(&self.nonces, format!("{operator}.{given}").as_bytes());
        format!("{given}.{}", URL_SAFE_NO_PAD.encode(proof))
    }

    /// Whether `text` is such a word of `operator`, given within the last [`NONCE_SECONDS`] (a node whose clock is
    /// ahead by some seconds gave one too).
    #[must_use]
    pub fn is_nonce(&self, text: &str, operator: &str, now: Instant) -> bool {
        let Some((given, proof)) = text.split_once('.') else { return false };
        let (Ok(seconds), Ok(proof)) = (given.parse::<i64>(), URL_SAFE_NO_PAD.decode(proof)) else {
            return false;
        };
        let named = format!("{operator}.{given}");
        let age = (now.ms() / 1000).saturating_sub(seconds);
        hmac::verify(&self.nonces, named.as_bytes(), &proof).is_ok()
            && (-AHEAD_SECONDS..=NONCE_SECONDS).contains(&age)
    }

    /// The proof a form of `purpose` carries when it was shown in the browser that holds `cookie`.
    #[must_use]
    pub fn form_proof(&self, cookie: &str, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.forms, format!("{cookie}:{purpose}").as_bytes()))
    }

    /// Whether `proof` is the one of that browser and purpose; constant time.
    #[must_use]
    pub fn is_form_proof(&self, proof: &str, cookie: &str, purpose: &str) -> bool {
        URL_SAFE_NO_PAD.decode(proof).is_ok_and(|proof| {
            hmac::verify(&self.forms, format!("{cookie}:{purpose}").as_bytes(), &proof).is_ok()
        })
    }

    const fn key(&self, kind: HandleKind) -> &hmac::Key {
        match kind {
            HandleKind::Session => &self.session,
            HandleKind::SignIn => &self.sign_in,
            HandleKind::Code => &self.code,
            HandleKind::Refresh => &self.refresh,
            HandleKind::Device => &self.device,
            HandleKind::Pushed => &self.pushed,
            HandleKind::Mail => &self.mail,
            HandleKind::Staff => &self.staff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_its_row_and_is_worth_nothing_as_another_kind() {
        let handles = Handles::new(&MasterKey::random());
        let code = handles.write(HandleKind::Code, "kita", ("grn_01J", 0));
        let named = Handle { operator: "kita".to_owned(), id: "grn_01J".to_owned(), turn: 0 };
        assert_eq!(handles.read(HandleKind::Code, &code), Some(named));
        assert_eq!(handles.read(HandleKind::Refresh, &code), None);
        assert_eq!(Handles::new(&MasterKey::random()).read(HandleKind::Code, &code), None);
    }

    #[test]
    fn a_handle_changed_anywhere_is_no_handle() {
        let handles = Handles::new(&MasterKey::random());
        let token = handles.write(HandleKind::Refresh, "kita", ("grn_01J", 3));
        for bad in [
            token.replace("kita", "minami"),
            token.replace(".3.", ".4."),
            token.replace("01J", "01K"),
            format!("{token}A"),
            String::new(),
            "...".to_owned(),
        ] {
            assert_eq!(handles.read(HandleKind::Refresh, &bad), None, "{bad}");
        }
    }

    #[test]
    fn pairwise_names_differ_by_operator_sector_and_person() {
        let handles = Handles::new(&MasterKey::random());
        let name = |operator, sector, of| handles.pairwise(operator, sector, of);
        let one = name("kita", "vod.example", "per_1");
        assert_eq!((one.len(), &one), (43, &name("kita", "vod.example", "per_1")));
        for other in [
            name("minami", "vod.example", "per_1"),
            name("kita", "vod2.example", "per_1"),
            name("kita", "vod.example", "per_2"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_nonce_is_its_operators_for_five_minutes_and_every_node_of_one_key_knows_it() {
        let master = MasterKey::random();
        let (one, other) = (Handles::new(&master), Handles::new(&master));
        let at = |seconds: i64| Instant::from_ms(1_800_000_000_000 + seconds * 1000);
        let nonce = one.nonce("OP0001", at(0));
        for (seconds, good) in [(-11, false), (-10, true), (0, true), (300, true), (301, false)] {
            assert_eq!(other.is_nonce(&nonce, "OP0001", at(seconds)), good, "{seconds}");
        }
        assert!(!one.is_nonce(&nonce, "OP0002", at(0)) && !one.is_nonce(&nonce, "*", at(0)));
        assert!(!Handles::new(&MasterKey::random()).is_nonce(&nonce, "OP0001", at(0)));
        let later = nonce.replacen("1800000000", "1800000300", 1);
        for bad in [
            later.as_str(),
            "",
            ".",
            "1800000000.",
            "x.y",
            &format!("+{nonce}"),
            &format!("{nonce}A"),
        ] {
            assert!(!one.is_nonce(bad, "OP0001", at(300)), "{bad}");
        }
        assert_ne!(nonce, one.write(HandleKind::Code, "OP0001", ("1800000000", 0)));
    }
}
