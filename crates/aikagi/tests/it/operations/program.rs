//! The program itself, in a folder of its own, and what it printed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base::store::Settings;

use crate::world::World;

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A migrated database, a master key and a configuration file that may serve.
pub struct Folder {
    pub world: World,
}

impl Folder {
    pub fn new() -> Self {
        let folder = Self { world: World::empty() };
        aikagi::config::new_master_key(&folder.path("master.key")).unwrap();
        folder.configure("");
        folder
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.world.dir.path().join(name)
    }

    /// Writes the configuration, with `more` at its end.
    pub fn configure(&self, more: &str) {
        self.configure_at("http://localhost:8080", "127.0.0.1:0", more);
    }

    /// The same, for a server that is reached at `base_url` and listens at `address`.
    pub fn configure_at(&self, base_url: &str, address: &str, more: &str) {
        let url = match &self.world.settings {
            Settings::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
            Settings::Postgres { url } => url.clone(),
        };
        let text = format!(
            "base_url = \"{base_url}\"\n\
             secrets.master_key_file = \"master.key\"\n\
             database.url = \"{url}\"\n\
             listen.address = \"{address}\"\nlisten.ops_address = \"127.0.0.1:0\"\n{more}"
        );
        std::fs::write(self.path("aikagi.toml"), text).unwrap();
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Writes a file that only its owner may read.
    pub fn write_secret(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(name), private).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        program(self.world.dir.path(), arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// Starts the server and waits until it listens.
    pub fn serve(&self) -> Server {
        let mut child =
            self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let serving = lines.by_ref().find_map(|line| {
            let line = line.ok()?;
            said.push_str(&line);
            said.push('\n');
            serde_json::from_str::<serde_json::Value>(&line)
                .ok()
                .filter(|json| json["message"] == "serving")
        });
        let serving = serving.unwrap_or_else(|| panic!("did not serve: {said}"));
        let address = |name: &str| serving[name].as_str().unwrap().parse().unwrap();
        let (public, ops) = (address("public"), address("ops"));
        let log = std::thread::spawn(move || lines.map_while(Result::ok).collect());
        Server { child, public, ops, log: Some(log) }
    }
}

/// The program with nothing of ours in its environment.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aikagi"));
    command.current_dir(folder).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AIKAGI_") {
            command.env_remove(name);
        }
    }
    command
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It ended well; what it printed.
    #[track_caller]
    pub fn well(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }
}

/// A server that runs, and is killed when it is let go of.
pub struct Server {
    pub child: Child,
    pub public: SocketAddr,
    pub ops: SocketAddr,
    log: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Server {
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for the end; exit code and what was logged.
    pub fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let status = eventually("the server ends", || self.child.try_wait().unwrap());
        (status.code(), self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

/// Status and body of a plain GET.
pub fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.get(9..12)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

/// Waits for a condition, with a deadline.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
