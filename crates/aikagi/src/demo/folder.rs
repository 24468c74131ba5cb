//! The demo's folder: configuration, keys, database, drop folder, letters.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::clients::new_secret;
use formats::webhook::WebhookSecret;

use super::households::Letter;
use crate::config::new_master_key;
use crate::failure::Failure;

/// A file that says: this folder is a demo's, and may be removed by `--reset`.
const MARK: &str = ".aikagi-demo";
const CONFIG: &str = "aikagi.toml";
/// What the events are signed with that the VOD site is told. A demo of an earlier release has none, and tells none.
const EVENTS_SECRET: &str = "vod-events.secret";
pub(super) const STATION: &str = include_str!("station.toml");
/// The logo [`STATION`] names.
const LOGO: &[u8] = include_bytes!("kitahama.png");
/// The first ports tried; each start after the first uses the same again.
const FIRST_PORT: u16 = 8480;
const TRIES: u16 = 50;

/// The demo's folder.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`, made and filled when it is not there; then its data go to `database`.
    pub(super) fn open(path: &Path, reset: bool, database: Option<&str>) -> Result<Self, Failure> {
        let folder = Self { path: path.to_owned() };
        let marked = folder.at(MARK).exists();
        if reset && marked {
            std::fs::remove_dir_all(path).map_err(|error| folder.fault(&error))?;
        }
        let empty = match std::fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(_) => true,
        };
        if !empty && !folder.at(MARK).exists() {
            return Err(Failure::refused(format!(
                "{} holds something else; name another folder with --data",
                path.display()
            )));
        }
        if !empty && database.is_some() {
            return Err(Failure::refused(format!(
                "{}: this demo has its database already; name another folder with --data",
                folder.config().display()
            )));
        }
        if empty {
            folder
                .fill(database.unwrap_or("sqlite:aikagi.db"))
                .map_err(|error| folder.fault(&error))?;
        }
        Ok(folder)
    }

    fn fill(&self, database: &str) -> std::io::Result<()> {
        for sub in ["sms/OP0012/in/done", "sms/OP0012/out/done", "sms/OP0034/in/done", "samples"] {
            std::fs::create_dir_all(self.at(sub))?;
        }
        std::fs::create_dir_all(self.at("sms/OP0034/out/done"))?;
        new_master_key(&self.at("master.key"))?;
        self.write_private("vod.secret", &new_secret())?;
        self.write_private("sms.secret", &new_secret())?;
        self.write_private("portal.secret", &new_secret())?;
        let secret = WebhookSecret::generate().map_err(std::io::Error::other)?;
        self.write_private(EVENTS_SECRET, &secret)?;
        let [public, site, ops] = free_ports()?;
        let config = format!(
            "# Made by `aikagi demo`. Commands work here too: aikagi --config {} operator list\n\
             base_url = \"http://localhost:{public}\"\n\n\
             [listen]\naddress = \"127.0.0.1:{public}\"\nops_address = \"127.0.0.1:{ops}\"\n\
             drain_seconds = 3\n\n\
             [database]\nurl = {}\n\n\
             [secrets]\nmaster_key_file = \"master.key\"\n\n\
             [sms]\ndirectory = \"sms\"\n\n\
             [log]\nformat = \"human\"\nlevel = \"warn\"\n\n\
             [mail]\nfolder = \"post\"\n\n\
             [text]\nfolder = \"post\"\n\n\
             [outgoing]\nallow = [\"localhost:{public}\", \"127.0.0.1:{site}\"]\n",
            self.config().display(),
            toml::Value::from(database)
        );
        // The address of a database may hold a password.
        self.write_private(CONFIG, &config)?;
        let address = format!("http://127.0.0.1:{site}");
        std::fs::write(self.at("site.address"), &address)?;
        std::fs::write(self.at("kitahama.png"), LOGO)?;
        std::fs::write(self.station_file(), STATION.replace("@SITE@", &address))?;
        std::fs::write(self.at(MARK), "`aikagi demo --reset` removes this folder.\n")
    }

    fn fault(&self, error: &std::io::Error) -> Failure {
        Failure::refused(format!("{}: {error}", self.path.display()))
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.at(CONFIG)
    }

    pub(super) fn station_file(&self) -> PathBuf {
        self.at("station.toml")
    }

    /// Where people reach the VOD site: `http://127.0.0.1:8481`.
    pub(super) fn site_address(&self) -> Result<String, Failure> {
        self.read("site.address")
    }

    pub(super) fn site_socket(&self) -> Result<TcpListener, Failure> {
        let address = self.site_address()?;
        let address: SocketAddr = address
            .trim_start_matches("http://")
            .parse()
            .map_err(|_| Failure::refused(format!("site.address: {address}")))?;
        TcpListener::bind(address).map_err(|error| {
            Failure::refused(format!("{address}: {error} — does another demo run here?"))
        })
    }

    pub(super) fn read(&self, name: &str) -> Result<String, Failure> {
        let text = std::fs::read_to_string(self.at(name)).map_err(|error| self.fault(&error))?;
        Ok(text.trim().to_owned())
    }

    pub(super) fn events_secret(&self) -> Option<WebhookSecret> {
        WebhookSecret::parse(&self.read(EVENTS_SECRET).ok()?).ok()
    }

    fn write_private(&self, name: &str, text: &str) -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(self.at(name))?;
        writeln!(file, "{text}")
    }

    /// Keeps the letters, so that a second start can show them again. Real codes are never kept.
    pub(super) fn write_letters(&self, letters: &[Letter]) -> Result<(), Failure> {
        let lines: Vec<String> = letters.iter().map(ToString::to_string).collect();
        self.write_private("letters.txt", &lines.join("\n")).map_err(|error| self.fault(&error))
    }

    /// Keeps the invitations of the staff for the same reason.
    pub(super) fn write_invitations(&self, lines: &[String]) -> Result<(), Failure> {
        let kept = self.write_private("invitations.txt", &lines.join("\n"));
        kept.map_err(|error| self.fault(&error))
    }
}

/// Three ports in a row on 127.0.0.1 that nobody listens on.
fn free_ports() -> std::io::Result<[u16; 3]> {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (0..TRIES)
        .map(|turn| FIRST_PORT + turn * 10)
        .map(|first| [first, first + 1, first + 2])
        .find(|ports| ports.iter().all(|port| free(*port)))
        .ok_or_else(|| std::io::Error::other("no free ports from 8480 upwards"))
}
