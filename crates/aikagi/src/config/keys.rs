//! The known keys with their meaning: the source of `docs/config.md` and of "did you mean".

use std::fmt::Write as _;

use super::Config;

/// How a value is written in the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Switch,
    List,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "whole number",
            Self::Switch => "true or false",
            Self::List => "list of texts",
        }
    }
}

pub(super) struct Key {
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    meaning: &'static str,
}

const fn key(path: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key { path, kind, meaning }
}

pub(super) const KEYS: &[Key] = &[
    key(
        "base_url",
        Kind::Text,
        "Where people and services reach us, exactly: `https://id.example.jp`. Issuers are built \
         from it; the Host header never matters. Plain `http` only on loopback. Required.",
    ),
    key("database.relaxed", Kind::Switch, "SQLite without fsync. Refused outside tests."),
    key(
        "database.trusted_network",
        Kind::Switch,
        "PostgreSQL is spoken to without TLS. Set this when the server is on another machine and \
         the way there is protected otherwise (a tunnel, a network of your own).",
    ),
    key(
        "database.url",
        Kind::Text,
        "`sqlite:FILE`, or `postgres://user:password@host:port/database`.",
    ),
    key("database.url_file", Kind::Text, "A file that holds the address, instead of `url`."),
    key(
        "decisions.memory_megabytes",
        Kind::Number,
        "Most memory for households that decisions keep at hand; one takes about 2 KiB.",
    ),
    key("listen.address", Kind::Text, "Address and port of the public listener."),
    key(
        "listen.behind_proxy",
        Kind::Switch,
        "Plain HTTP on an address others can reach, because a proxy that ends TLS stands before it.",
    ),
    key(
        "listen.calls_per_minute",
        Kind::Number,
        "Most calls a minute of one address (IPv6: one /64) that do not say who calls: sign-ins, and \
         programs without a good proof. Further ones are answered 429 with `Retry-After`. Calls from \
         this machine are not counted.",
    ),
    key(
        "listen.client_certificate_header",
        Kind::Text,
        "The header in which the proxies of `proxy_addresses` hand on the certificate of a caller that they \
         verified: `client-cert` (RFC 9440), or one beginning with `x-`. Empty: no client proves itself so.",
    ),
    key(
        "listen.connections",
        Kind::Number,
        "Most connections of the public listener at once; further ones are closed. Give the process \
         a few hundred files more than this (`ulimit -n`, `LimitNOFILE`).",
    ),
    key(
        "listen.drain_seconds",
        Kind::Number,
        "Seconds that requests under way have to finish after SIGTERM.",
    ),
    key(
        "listen.ops_address",
        Kind::Text,
        "Address and port of the operations listener: `/livez`, `/readyz`, `/metrics`. Never public.",
    ),
    key(
        "listen.ops_trusted_network",
        Kind::Switch,
        "The operations listener is on an address that others reach, and only your monitoring can.",
    ),
    key(
        "listen.patience_seconds",
        Kind::Number,
        "Seconds a peer has for its TLS handshake, for a request's head, and for its body; whoever \
         takes longer is hung up on, also between two requests.",
    ),
    key(
        "listen.proxy_addresses",
        Kind::List,
        "With `behind_proxy`: the addresses of the proxies whose `X-Forwarded-For` names the caller, \
         besides this machine's. Empty: whoever reaches the listener. The last address that is no \
         proxy's counts.",
    ),
    key(
        "listen.tls_certificate_file",
        Kind::Text,
        "Certificate chain, PEM. Read again when it changes. Empty: plain HTTP.",
    ),
    key("listen.tls_key_file", Kind::Text, "The certificate's private key, PEM."),
    key("log.format", Kind::Text, "`json`, or `human` for a person at a terminal."),
    key(
        "log.level",
        Kind::Text,
        "`error`, `warn`, `info`, `debug` or `trace`; by module: `info,linkage=debug`.",
    ),
    key(
        "mail.folder",
        Kind::Text,
        "A folder into which mail to persons is put instead of being sent. Holds names, addresses and \
         codes: for trying things out, on loopback only.",
    ),
    key(
        "mail.from",
        Kind::Text,
        "The address mail to persons comes from; the name beside it is the station's.",
    ),
    key(
        "mail.host",
        Kind::Text,
        "The mail server, as its certificate names it. Empty, and no `folder`: no mail is sent, and \
         nobody can add a mail address.",
    ),
    key(
        "mail.password_file",
        Kind::Text,
        "The file of the password the mail server wants, readable by its owner only.",
    ),
    key("mail.port", Kind::Number, "The mail server's port."),
    key(
        "mail.senders",
        Kind::List,
        "Stations with a sender of their own: `OP0012=no-reply@kitahama.example.jp`.",
    ),
    key(
        "mail.tls",
        Kind::Text,
        "`starttls`, `implicit` (from the first byte, port 465), or `none`: for a server on this \
         machine only.",
    ),
    key("mail.user", Kind::Text, "The user the mail server wants, if any."),
    key(
        "outgoing.allow",
        Kind::List,
        "Private destinations that may be called all the same: `host:port`, or ranges like \
         `10.1.0.0/16`, at most a /8 (IPv6: /32). Everything else that is not a public address is \
         refused; link-local, multicast and unspecified addresses always are.",
    ),
    key("outgoing.timeout_seconds", Kind::Number, "Seconds a call may take."),
    key(
        "outgoing.trust_roots_file",
        Kind::Text,
        "Certificate authorities trusted besides the machine's, PEM.",
    ),
    key(
        "passwords.leaked_file",
        Kind::Text,
        "Passwords that are in somebody's hands, by their SHA-1: the list of Have I Been Pwned, ordered by hash, in \
         one file. It is searched where it lies, and no new password that stands in it is taken. Empty: only our \
         own list of common ones counts.",
    ),
    key(
        "passwords.memory_kib",
        Kind::Number,
        "KiB of memory a new password hash costs: 19456 to 262144, for each core while passwords are computed. \
         `aikagi argon2 calibrate` says what this machine can do. Hashes that cost less are replaced at the next \
         sign-in.",
    ),
    key(
        "passwords.passes",
        Kind::Number,
        "How often a new password hash goes through that memory: 2 and more; memory times passes at most 1048576.",
    ),
    key(
        "secrets.master_key",
        Kind::Text,
        "The master key itself. From the environment only: `AIKAGI_SECRETS__MASTER_KEY`.",
    ),
    key(
        "secrets.master_key_file",
        Kind::Text,
        "The file of the key that seals every other secret: 32 bytes as 64 hexadecimal digits, \
         readable by its owner only. Make one with `aikagi keys new-master-key FILE`.",
    ),
    key(
        "sms.directory",
        Kind::Text,
        "The folder of SMS files, with one folder an operator in it. Empty: no files are watched.",
    ),
    key(
        "text.folder",
        Kind::Text,
        "A folder into which texts to telephones are put instead of being sent. As `mail.folder`: on \
         loopback only.",
    ),
    key(
        "text.from",
        Kind::Text,
        "Whom telephones show as the sender, if the provider lets us say: up to eleven letters and \
         digits, or a number.",
    ),
    key(
        "text.token_file",
        Kind::Text,
        "The file of the token the provider of texts wants, readable by its owner only.",
    ),
    key(
        "text.url",
        Kind::Text,
        "Where a provider takes texts to telephones, by POST of JSON (docs/operations.md, Texts). \
         Empty, and no `folder`: no text is sent, and nobody can add a telephone number.",
    ),
];

/// The known key that looks most like `unknown`, if any looks like it at all.
pub(super) fn nearest(unknown: &str) -> Option<&'static str> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |path: &str| {
        let whole = strsim::jaro_winkler(unknown, path);
        let shortened = if is_shortened(&last(unknown), &last(path)) { 0.95 } else { 0.0 };
        whole.max(strsim::jaro_winkler(&last(unknown), &last(path)) - 0.05).max(shortened)
    };
    let scored = KEYS.iter().map(|key| (likeness(key.path), key.path));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 > 0.7).map(|best| best.1)
}

/// Whether every word of `typed` begins the word of `known` at its place: `tls_cert_file`.
fn is_shortened(typed: &str, known: &str) -> bool {
    let words = |text: &str| text.split('_').map(str::to_owned).collect::<Vec<_>>();
    let (typed, known) = (words(typed), words(known));
    typed.len() == known.len()
        && typed.iter().zip(&known).all(|(short, long)| long.starts_with(short.as_str()))
}

/// The page `docs/config.md`.
#[must_use]
pub fn reference() -> String {
    let defaults = toml::Table::try_from(Config::default()).unwrap_or_default();
    let mut page = String::from(
        "# Configuration\n\n\
         One TOML file (`--config FILE`, `AIKAGI_CONFIG`, or `aikagi.toml` in the folder where you \
         stand), then variables: `listen.address` is also `AIKAGI_LISTEN__ADDRESS`, lists are \
         separated by commas. Paths are relative to the file. `aikagi config check` says what is \
         wrong. This page is written by `aikagi config reference`; a test compares them.\n\n\
         | key | value | default | meaning |\n|---|---|---|---|\n",
    );
    for key in KEYS {
        let default = default_of(&defaults, key.path);
        let _into_memory = writeln!(
            page,
            "| `{}` | {} | {default} | {} |",
            key.path,
            key.kind.name(),
            key.meaning
        );
    }
    page
}

fn default_of(defaults: &toml::Table, path: &str) -> String {
    let (section, name) = path.split_once('.').map_or((None, path), |(s, n)| (Some(s), n));
    let table = match section {
        Some(section) => defaults.get(section).and_then(toml::Value::as_table),
        None => Some(defaults),
    };
    let value = table.and_then(|table| table.get(name)).map(ToString::to_string);
    value.filter(|text| text != "\"\"").map(|text| format!("`{text}`")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(table: &toml::Table) -> Vec<(String, Kind)> {
        let kind = |value: &toml::Value| match value {
            toml::Value::Integer(_) => Kind::Number,
            toml::Value::Boolean(_) => Kind::Switch,
            toml::Value::Array(_) => Kind::List,
            _ => Kind::Text,
        };
        let mut found = Vec::new();
        for (name, value) in table {
            match value.as_table() {
                Some(inner) => found.extend(
                    inner.iter().map(|(last, value)| (format!("{name}.{last}"), kind(value))),
                ),
                None => found.push((name.clone(), kind(value))),
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    #[test]
    fn every_setting_is_a_known_key_of_its_type_and_the_other_way_round() {
        let settings = paths(&toml::Table::try_from(Config::default()).unwrap());
        let keys: Vec<(String, Kind)> =
            KEYS.iter().map(|key| (key.path.to_owned(), key.kind)).collect();
        assert_eq!(keys, settings);
    }

    #[test]
    fn a_misspelt_key_finds_its_neighbour_and_nonsense_finds_none() {
        assert_eq!(nearest("listen.adress"), Some("listen.address"));
        assert_eq!(nearest("tls_cert_file"), Some("listen.tls_certificate_file"));
        assert_eq!(nearest("baseurl"), Some("base_url"));
        assert_eq!(nearest("zzz"), None);
    }
}
