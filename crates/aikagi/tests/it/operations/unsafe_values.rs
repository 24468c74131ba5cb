//! Each key of the configuration with the worst values it can have: none of them starts.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use super::program::Folder;

/// Key, more of the file, and what is said. `KEY` lines come last, so they may open a table.
const WORST: &[(&str, &str, &str)] = &[
    ("base_url", "base_url = \"\"", "is missing"),
    ("base_url", "base_url = \"http://id.example.jp\"", "is plain http"),
    ("base_url", "listen.behind_proxy = true", "listen.behind_proxy is for others"),
    (
        "listen.behind_proxy",
        "listen.behind_proxy = true\nlisten.address = \"0.0.0.0:8080\"",
        "listen.address is for others",
    ),
    ("listen.address", "listen.address = \"0.0.0.0:80\"", "plain HTTP to other machines"),
    ("listen.address", "listen.address = \"[::]:80\"", "plain HTTP to other machines"),
    ("passwords.memory_kib", "passwords.memory_kib = 4096", "too weak or too costly"),
    ("passwords.memory_kib", "passwords.memory_kib = 300000", "too weak or too costly"),
    ("passwords.passes", "passwords.passes = 1", "too weak or too costly"),
    ("passwords.passes", "passwords.passes = 1000", "too weak or too costly"),
    ("listen.calls_per_minute", "listen.calls_per_minute = 0", "is zero"),
    (
        "listen.client_certificate_header",
        "listen.client_certificate_header = \"client-cert\"",
        "whoever reaches the listener",
    ),
    (
        "listen.client_certificate_header",
        "listen.client_certificate_header = \"x-request-id\"",
        "is no header of certificates",
    ),
    ("listen.proxy_addresses", "listen.proxy_addresses = [\"proxy.lan\"]", "is no address"),
    (
        "listen.proxy_addresses",
        "listen.proxy_addresses = [\"10.1.0.5\"]",
        "nothing says that one is there",
    ),
    ("listen.connections", "listen.connections = 0", "is zero"),
    ("listen.patience_seconds", "listen.patience_seconds = 0", "is zero"),
    ("listen.ops_address", "listen.ops_address = \"0.0.0.0:9091\"", "ops_trusted_network"),
    ("listen.ops_address", "listen.ops_address = \"[::]:9091\"", "ops_trusted_network"),
    ("listen.ops_address", "listen.ops_address = \"10.0.0.1:9091\"", "ops_trusted_network"),
    ("listen.tls_certificate_file", "listen.tls_certificate_file = \"c.pem\"", "tls_key_file"),
    ("listen.tls_key_file", "listen.tls_key_file = \"open.secret\"", "everybody on this machine"),
    ("database.relaxed", "database.relaxed = true", "power cut"),
    ("database.url", "database.url = \"mysql://u@localhost/x\"", "no database we know"),
    ("database.url", "database.url = \"postgres://u@10.0.0.9/x\"", "reached without TLS"),
    (
        "database.url",
        "database.url = \"postgres://u@localhost/x?hostaddr=10.0.0.9\"",
        "reached without TLS",
    ),
    (
        "database.url",
        "database.url = \"postgres://u@db.example.jp/x?host=/run/postgresql\"",
        "reached without TLS",
    ),
    (
        "database.url",
        "database.url = \"postgres://u@localhost,db.example.jp/x\"",
        "reached without TLS",
    ),
    ("database.url", "database.url = \"postgres://u@localhost/x?sslmode=verify-full\"", "TLS"),
    ("database.url_file", "database.url_file = \"open.secret\"", "everybody on this machine"),
    ("secrets.master_key_file", "secrets.master_key_file = \"open.secret\"", "everybody on this"),
    ("secrets.master_key", "secrets.master_key = \"00\"", "in the configuration file"),
    ("log.format", "log.format = \"xml\"", "neither json nor human"),
    (
        "mail.folder",
        "mail.folder = \"post\"\nbase_url = \"https://id.example.jp\"\nlisten.behind_proxy = true",
        "others reach this server",
    ),
    ("mail.folder", "mail.folder = \"post\"\nmail.host = \"mx.example.jp\"", "beside mail.host"),
    ("mail.from", "mail.host = \"mx.example.jp\"", "is no mail address"),
    ("mail.from", "mail.host = \"mx.example.jp\"\nmail.from = \"北浜\"", "is no mail address"),
    ("mail.host", "mail.from = \"a@example.jp\"", "is missing"),
    ("mail.password_file", "mail.password_file = \"open.secret\"", "everybody on this machine"),
    (
        "mail.password_file",
        "mail.host = \"mx.example.jp\"\nmail.user = \"u\"",
        "is missing beside mail.user",
    ),
    ("mail.port", "mail.host = \"mx.example.jp\"\nmail.port = 0", "is no port"),
    (
        "mail.senders",
        "mail.host = \"mx.example.jp\"\nmail.senders = [\"a@example.jp\"]",
        "names no station",
    ),
    ("mail.tls", "mail.host = \"mx.example.jp\"\nmail.tls = \"none\"", "in the clear"),
    ("mail.tls", "mail.host = \"10.0.0.5\"\nmail.tls = \"none\"", "in the clear"),
    ("mail.tls", "mail.host = \"mx.example.jp\"\nmail.tls = \"maybe\"", "no way we know"),
    (
        "mail.user",
        "mail.host = \"mx.example.jp\"\nmail.password_file = \"master.key\"",
        "is missing beside mail.password_file",
    ),
    (
        "text.folder",
        "text.folder = \"post\"\nbase_url = \"https://id.example.jp\"\nlisten.behind_proxy = true",
        "others reach this server",
    ),
    ("text.folder", "text.folder = \"post\"\ntext.url = \"https://x.jp/\"", "beside text.url"),
    ("text.from", "text.url = \"https://x.jp/\"\ntext.from = \"北浜\"", "is no sender"),
    ("text.token_file", "text.token_file = \"open.secret\"", "everybody on this machine"),
    ("text.url", "text.from = \"KITAHAMA\"", "is missing"),
    ("text.url", "text.url = \"mailto:a@example.jp\"", "is no web address"),
    ("outgoing.allow", "outgoing.allow = [\"0.0.0.0/0\"]", "wider than"),
    ("outgoing.allow", "outgoing.allow = [\"::/0\"]", "wider than"),
    ("outgoing.allow", "outgoing.allow = [\"fc00::/7\"]", "wider than"),
    ("outgoing.allow", "outgoing.allow = [\"169.254.0.0/16\"]", "never called"),
    ("outgoing.allow", "outgoing.allow = [\"169.254.169.254:80\"]", "never called"),
    ("outgoing.allow", "outgoing.allow = [\"0.0.0.0\"]", "never called"),
    ("outgoing.allow", "outgoing.allow = [\"ff02::/16\"]", "wider than"),
    ("outgoing.allow", "outgoing.allow = [\"224.0.0.1:9\"]", "never called"),
    ("outgoing.timeout_seconds", "outgoing.timeout_seconds = 0", "is zero"),
    ("passwords.leaked_file", "passwords.leaked_file = \"nowhere.txt\"", "nowhere.txt"),
    ("passwords.leaked_file", "passwords.leaked_file = \"aikagi.toml\"", "is no hash"),
    ("outgoing.trust_roots_file", "outgoing.trust_roots_file = \"nowhere.pem\"", "nowhere.pem"),
];

/// Keys without a value that is unsafe, and why.
const HARMLESS: &[(&str, &str)] = &[
    ("database.trusted_network", "says that somebody looked"),
    ("decisions.memory_megabytes", "less is slower, never wrong"),
    ("listen.drain_seconds", "zero ends at once"),
    ("listen.ops_trusted_network", "says that somebody looked"),
    ("log.level", "a malformed one is refused where it is used; no level tells personal data"),
    ("sms.directory", "watched when it is there; the doctor tells"),
];

fn folder_with(more: &str) -> Folder {
    let folder = Folder::new();
    folder.write("open.secret", &format!("{:064x}", 0x1234));
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(folder.path("open.secret"), open).unwrap();
    let text = std::fs::read_to_string(folder.path("aikagi.toml")).unwrap();
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
    let said: BTreeSet<String> = more.lines().map(key).collect();
    let url_file = said.contains("database.url_file");
    let kept = text.lines().filter(|line| {
        let key = key(line);
        let replaced = said.contains(&key) || (url_file && key == "database.url");
        !replaced
    });
    let kept: Vec<&str> = kept.collect();
    folder.write("aikagi.toml", &format!("{}\n{more}\n", kept.join("\n")));
    folder
}

#[test]
fn every_key_with_its_worst_values_refuses_to_start() {
    for (key, more, says) in WORST {
        let folder = folder_with(more);
        let ended = folder.run(&["serve"]);
        assert_eq!(ended.code, 2, "{key}: {more}: {}", ended.err);
        assert!(ended.err.contains(says), "{key}: {more}: {}", ended.err);
    }
}

#[test]
fn every_key_has_its_worst_values_here_or_is_harmless() {
    let page = aikagi::config::reference();
    let keys: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(keys.len() > 15, "{keys:?}");
    let harmless = HARMLESS.iter().map(|(key, _)| *key);
    let listed: BTreeSet<&str> = WORST.iter().map(|(key, ..)| *key).chain(harmless).collect();
    assert_eq!(keys, listed);
}

#[test]
fn what_is_trusted_on_purpose_starts() {
    for more in [
        "listen.ops_address = \"0.0.0.0:9091\"\nlisten.ops_trusted_network = true",
        "base_url = \"https://id.example.jp\"\nlisten.address = \"0.0.0.0:8443\"\n\
         listen.behind_proxy = true",
        "database.url = \"postgres://u@db.example.jp/x\"\ndatabase.trusted_network = true",
        "mail.host = \"127.0.0.1\"\nmail.tls = \"none\"\nmail.from = \"no-reply@id.example.jp\"",
        "mail.folder = \"post\"",
        "outgoing.allow = [\"10.0.0.0/8\", \"partner.lan:8443\", \"fd12:3456::/32\"]",
    ] {
        folder_with(more).run(&["config", "check"]).well();
    }
}
