//! Who shows a token: one that is bound to a key is worth something only beside a proof of that key.
//!
//! Owns the table `dpop_proofs`: every proof is good once. Source: RFC 9449 §4.3, §7, §11.1.

use base::kernel::{Actor, Error, Instant, Result, Scope, clock};
use base::store::{Tx, Value, needs_time};
use formats::jose::{DpopProof, open_dpop};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::clients::Client;
use crate::signing::{Issuer, NONCE_SECONDS};

use super::access::{AccessTokens, INVALID, Verified};

/// A proof is good for this long after it was made. Source: RFC 9449 §11.1 (seconds, or minutes).
const PROOF_SECONDS: i64 = 60;
/// How far the clocks of those who make them may be off, in seconds.
const LEEWAY_SECONDS: i64 = 10;

/// What a token is bound to (`cnf`). Source: RFC 7800 §3.1, RFC 9449 §6.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The RFC 7638 thumbprint of a key.
    #[serde(rename = "jkt")]
    Key(String),
}

impl Confirmation {
    /// The thumbprint of the key.
    #[must_use]
    pub fn jkt(&self) -> &str {
        let Self::Key(jkt) = self;
        jkt
    }

    /// What a token bound to it is called where tokens are given out and told of.
    #[must_use]
    pub const fn token_type(of: Option<&Self>) -> &'static str {
        match of {
            None => "Bearer",
            Some(Self::Key(_)) => "DPoP",
        }
    }
}

/// A proof as it came with a call, and the call it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProof {
    /// The proof; `None`: there were several, or it was no text.
    pub text: Option<String>,
    /// The method of the call.
    pub method: String,
    /// Its path, below the address everything lies under.
    pub path: String,
}

/// How a token was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: DPoP …`
    Dpop,
}

/// A token that was shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'s> {
    /// The token.
    pub token: &'s str,
    /// How.
    pub scheme: Scheme,
    /// The proof beside it.
    pub proof: Option<&'s KeyProof>,
}

/// The proof is not genuine, not fresh, not for this call or token, or was shown before.
const PROOF_INVALID: Error = Error::Unauthenticated { code: "dpop.proof_invalid" };
/// The proof does not answer a word of ours, or one that was given too long ago.
const NONCE_NEEDED: Error = Error::Unauthenticated { code: "dpop.nonce_needed" };
/// The token is bound to a key and came without a proof of it.
const BOUND: Error = Error::Unauthenticated { code: "token.bound" };

impl AccessTokens {
    /// What a token says that was shown at an endpoint of ours, as [`AccessTokens::verify`], if who shows it
    /// holds the key it is bound to: the one guard of everything that takes our access tokens.
    ///
    /// Consequence: the proof is spent here, whatever becomes of the call. A token that is bound to nothing
    /// costs nothing here, and is not taken as if it were.
    ///
    /// # Errors
    /// `token.invalid`; `token.bound` — shown as a bearer's; `dpop.proof_invalid`; `dpop.nonce_needed`
    ///
    /// Source: RFC 9449 §7.1, §7.2.
    pub fn verify_shown(&self, issuer: &Issuer, shown: &Shown<'_>) -> Result<Verified> {
        self.shown_for((issuer, issuer.url()), shown)
    }

    /// The same of a token that is for `audience`.
    pub(super) fn shown_for(
        &self,
        (issuer, audience): (&Issuer, &str),
        shown: &Shown<'_>,
    ) -> Result<Verified> {
        let verified = self.verify_for((issuer, audience), shown.token)?;
        match (&verified.claims.cnf, shown.scheme) {
            (None, Scheme::Bearer) => Ok(verified),
            (None, Scheme::Dpop) => Err(INVALID),
            (Some(_), Scheme::Bearer) => Err(BOUND),
            (Some(Confirmation::Key(jkt)), Scheme::Dpop) => {
                let proof = shown.proof.ok_or(PROOF_INVALID)?;
                let key = self.proven_key((issuer, &verified.client), proof, Some(shown.token))?;
                if key == *jkt { Ok(verified) } else { Err(PROOF_INVALID) }
            }
        }
    }

    /// The key (its thumbprint) that a proof shows whoever made this call for `client` to hold; `token`: the access token
    /// it has to be for, at endpoints that take one.
    ///
    /// Consequence: the proof is spent here, whatever becomes of the call. One statement.
    ///
    /// # Errors
    /// `dpop.proof_invalid` for every failure alike, but for one: `dpop.nonce_needed` — of a client whose proofs
    /// answer words of ours ([`AccessTokens::nonce`]), all is well but that it answers none; nothing is spent
    ///
    /// Source: RFC 9449 §4.3, §8, §9, §11.1.
    pub fn proven_key(
        &self,
        (issuer, client): (&Issuer, &Client),
        proof: &KeyProof,
        token: Option<&str>,
    ) -> Result<String> {
        needs_time()?;
        let refuse = |why: &'static str| {
            tracing::info!(why, "proof of possession refused");
            PROOF_INVALID
        };
        let text = proof.text.as_deref().ok_or_else(|| refuse("none, or several"))?;
        let said = open_dpop(text).map_err(|error| refuse(error.code()))?;
        if !client.signs_with().contains(&said.algorithm) {
            return Err(refuse("signed as the client may not"));
        }
        let now = clock::now();
        // A proof that answers a word of ours is as fresh as that word, whatever its maker's clock says.
        let answers = client.terms.profile.dpop_nonces;
        if !answers && !is_fresh(&said, now) {
            return Err(refuse("too old, or of tomorrow"));
        }
        if said.htm != proof.method || !is_same_place(&said.htu, issuer, &proof.path) {
            return Err(refuse("for another call"));
        }
        if !said.is_for(token) {
            return Err(refuse("for another token"));
        }
        if answers && !self.is_answer(issuer, &said, now) {
            return Err(NONCE_NEEDED);
        }
        let spent = hex::encode(Sha256::digest(format!("{} {}", said.jkt, said.jti).as_bytes()));
        let over = match answers {
            true => now.ms() / 1000 + NONCE_SECONDS,
            false => said.iat + PROOF_SECONDS,
        };
        let over = over + LEEWAY_SECONDS + 1;
        let expires = Instant::from_ms(over.saturating_mul(1000));
        let scope = Scope::new(issuer.operator(), Actor::Anonymous, now);
        let fresh =
            self.clients.db.housekeep(&scope, "key-proof", move |tx| spend(tx, &spent, expires))?;
        if fresh { Ok(said.jkt) } else { Err(refuse("shown before")) }
    }

    /// What proofs at `issuer` are to answer from now on, for who was refused because theirs did not.
    ///
    /// Source: RFC 9449 §8.
    #[must_use]
    pub fn nonce(&self, issuer: &Issuer) -> String {
        self.signing.handles().nonce(issuer.operator(), clock::now())
    }

    fn is_answer(&self, issuer: &Issuer, said: &DpopProof, now: Instant) -> bool {
        let handles = self.signing.handles();
        said.nonce.as_deref().is_some_and(|one| handles.is_nonce(one, issuer.operator(), now))
    }
}

fn is_fresh(said: &DpopProof, now: Instant) -> bool {
    let now = now.ms() / 1000;
    (now - PROOF_SECONDS - LEEWAY_SECONDS..=now + LEEWAY_SECONDS).contains(&said.iat)
}

/// Whether a proof is for this place: our own address, whatever a proxy or the caller says it is. A query and
/// a fragment do not count (RFC 9449 §4.3 check 9), and both are compared as parsed.
fn is_same_place(htu: &str, issuer: &Issuer, path: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    let own = bare(&format!("{}{path}", issuer.base_url()));
    own.is_some() && own == bare(htu)
}

/// Notes that a proof was shown; `false` when it was before.
fn spend(tx: &mut Tx<'_>, proof: &str, expires: Instant) -> Result<bool> {
    let row: [Value; 3] = [tx.operator().into(), proof.into(), expires.into()];
    let inserted = tx.exec(
        "INSERT INTO dpop_proofs (operator_id, proof_hash, expires_ms)
         VALUES (?1, ?2, ?3) ON CONFLICT (operator_id, proof_hash) DO NOTHING",
        &row,
    )?;
    Ok(inserted == 1)
}

/// Forgets up to `limit` proofs of the operator that are too old to be shown again; returns how many.
///
/// # Errors
/// `unavailable` when the database fails.
pub fn sweep(tx: &mut Tx<'_>, limit: i64) -> Result<u64> {
    let keys: [Value; 3] = [tx.operator().into(), tx.now().into(), limit.into()];
    tx.exec(
        "DELETE FROM dpop_proofs WHERE operator_id = ?1 AND proof_hash IN
            (SELECT proof_hash FROM dpop_proofs
              WHERE operator_id = ?1 AND expires_ms < ?2 LIMIT ?3)",
        &keys,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_for_our_own_address_and_no_other_writing_of_it_that_means_another() {
        let issuer = Issuer::of_operator("https://id.example.jp", "OP0001");
        let same = |htu: &str| is_same_place(htu, &issuer, "/o/OP0001/token");
        for good in [
            "https://id.example.jp/o/OP0001/token",
            "https://ID.example.jp:443/o/OP0001/token",
            "https://id.example.jp/o/OP0001/token?x=1#y",
        ] {
            assert!(same(good), "{good}");
        }
        for bad in [
            "http://id.example.jp/o/OP0001/token",
            "https://id.example.jp/o/OP0001/token/",
            "https://id.example.jp/o/OP0002/token",
            "https://id.example.jp/token",
            "https://me@id.example.jp/o/OP0001/token",
            "https://id.example.jp:8443/o/OP0001/token",
            "https://id.example.jp.evil.example/o/OP0001/token",
            "/o/OP0001/token",
            "",
        ] {
            assert!(!same(bad), "{bad}");
        }
        let platform = Issuer::of_platform("https://id.example.jp/");
        assert!(is_same_place("https://id.example.jp/token", &platform, "/token"));
    }
}
