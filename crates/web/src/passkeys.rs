//! The passkeys somebody keeps, on whichever page of theirs: each with its name and its use, and the form of a new one.

use askama::Template;
use domain::credentials::Passkey;

use crate::page::passkeys_script;
use crate::texts::Words;
use crate::words;

/// One passkey on the page.
struct Listed {
    id: String,
    name: String,
    /// What it is to be called.
    typed: String,
    since: String,
    used: String,
}

/// The list and its forms; part of a page.
#[derive(Template)]
#[template(path = "passkeys.html")]
pub struct Kept<'k> {
    words: Words,
    /// Where the forms lead; the browser asks for a new one below it, at `/ask`.
    address: &'k str,
    proof: &'k str,
    /// Whether they signed in so lately that they may add and take away.
    pub fresh: bool,
    listed: Vec<Listed>,
    /// The name of the one to be added.
    name: &'k str,
    script: &'static str,
}

impl<'k> Kept<'k> {
    /// Of somebody who keeps `passkeys`. `known`: this station has a place passkeys are for.
    #[must_use]
    pub fn of(
        words: Words,
        (address, proof): (&'k str, &'k str),
        passkeys: &[Passkey],
        (fresh, known): (bool, bool),
    ) -> Self {
        let listed = passkeys.iter().map(|one| listed(words, one)).collect();
        let script = if known { passkeys_script() } else { "" };
        Self { words, address, proof, fresh, listed, name: "", script }
    }

    /// The same with what was typed before. `renamed`: which was not renamed, and the name it was to have; `name`: that of the one
    /// to be added.
    #[must_use]
    pub fn typed(mut self, [which, renamed]: [&str; 2], name: &'k str) -> Self {
        for one in self.listed.iter_mut().filter(|one| one.id == which) {
            renamed.clone_into(&mut one.typed);
        }
        self.name = name;
        self
    }
}

fn listed(words: Words, passkey: &Passkey) -> Listed {
    let at = |key, at| words::fill_at(words.0, key, at);
    let never = || words.get("passkeys.never_used").to_owned();
    Listed {
        id: passkey.id.clone(),
        name: passkey.name.clone(),
        typed: passkey.name.clone(),
        since: at("passkeys.since", passkey.created),
        used: passkey.used.map_or_else(never, |used| at("passkeys.used", used)),
    }
}
