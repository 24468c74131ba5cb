//! A server over TLS, with one station, one household and the clients a story wants.

use base::kernel::{Actor, Scope, clock};
use domain::commands::{Command, Op, execute_many};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer as Authority, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::free_port;
use crate::operations::{Folder, Server};

pub const STATION: &str = "OP0012";
pub const NUMBER: &str = "A-001";
pub const SECRET: &str = "kita no hama no naisho no kotoba 0123456789";

/// What every peer is told: where the provider is, and nothing else of it.
pub struct Issuer {
    pub folder: Folder,
    pub base: String,
    /// The certificate authority, PEM.
    pub authority: String,
    _server: Server,
}

impl Issuer {
    /// A server for these clients, as one writes them below `[[operators]]`, with the files they name.
    /// It may call `site`, `host:port`.
    pub fn new(clients: &str, files: &[(&str, &str)], site: &str) -> Self {
        let folder = Folder::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        let port = free_port();
        let base = format!("https://localhost:{port}");
        let authority = give_certificate(&folder);
        folder.configure_at(
            &base,
            &format!("127.0.0.1:{port}"),
            &format!(
                "listen.tls_certificate_file = \"chain.pem\"\n\
                 listen.tls_key_file = \"key.pem\"\noutgoing.allow = [\"{site}\"]\n"
            ),
        );
        folder.write("ca.pem", &authority);
        folder.write("client.secret", SECRET);
        let station = format!(
            "[[operators]]\ncode = \"{STATION}\"\nname_ja = \"北浜ケーブル㈱\"\n\
             name_en = \"Kitahama Cable\"\n{clients}"
        );
        folder.write("station.toml", &station);
        folder.run(&["apply", "station.toml"]).well();
        let start = [Command::new("r-1", Op::Start, NUMBER)];
        let scope = Scope::new(STATION, Actor::System, clock::now());
        folder.world.db.transact(&scope, move |tx| execute_many(tx, &start)).unwrap();
        let server = folder.serve();
        Self { folder, base, authority, _server: server }
    }

    /// The station's issuer.
    pub fn url(&self) -> String {
        format!("{}/o/{STATION}", self.base)
    }

    /// The code of a letter to the owner.
    pub fn letter(&self) -> String {
        let issue = ["letter", "issue", "--operator", STATION, "--contract", NUMBER];
        let said = self.folder.run(&issue).well();
        let grouped = |word: &&str| word.len() == 14 && word.split('-').all(|part| part.len() == 4);
        said.split_whitespace().find(grouped).unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    /// How often `act` stands in the station's audit.
    pub fn audited(&self, act: &str) -> usize {
        let scope = Scope::new(STATION, Actor::System, clock::now());
        let read =
            self.folder.world.db.read(&scope, |tx| base::records::list_audit(tx, "", 10_000));
        read.unwrap().iter().filter(|line| line.act == act).count()
    }

    /// How often tokens were given for the sign-in that had most of them.
    pub fn turns(&self) -> i64 {
        let scope = Scope::new(STATION, Actor::System, clock::now());
        let sql = "SELECT MAX(turn) FROM authorizations WHERE operator_id = ?1";
        let db = &self.folder.world.db;
        let read = db.read(&scope, |tx| tx.row(sql, &[STATION.into()], |row| row.int()));
        read.unwrap().unwrap()
    }
}

/// Lays a certificate and its key into the folder and answers the authority that signed it.
fn give_certificate(folder: &Folder) -> String {
    let dated = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2099, 1, 1);
        parameters
    };
    let mut root = dated(&[]);
    root.distinguished_name.push(DnType::CommonName, "Test authority of Kitahama");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let root_key = KeyPair::generate().unwrap();
    let authority = root.self_signed(&root_key).unwrap().pem();
    let mut leaf = dated(&["localhost"]);
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().unwrap();
    let chain = leaf.signed_by(&key, &Authority::new(root, root_key)).unwrap().pem();
    folder.write("chain.pem", &chain);
    folder.write_secret("key.pem", &key.serialize_pem());
    authority
}
