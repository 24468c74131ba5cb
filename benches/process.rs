//! The program itself: time to `/readyz`, resident memory when idle, size of the binary.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{folder, median, resident_kib, row};

/// The program as built for release by the same `cargo bench`.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_aikagi");

/// A running `aikagi serve`, ended with the value.
pub struct Server {
    pub child: Child,
    pub address: String,
    pub ops: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_waited = self.child.wait();
    }
}

/// A free port of the loopback.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// As [`configure`], for a load that comes from one address and does not say who it is.
pub fn configure_freely(folder: &Path, database: &str) -> (String, String) {
    let addresses = configure(folder, database);
    let path = folder.join("aikagi.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("[log]", "calls_per_minute = 100000000\n[log]");
    std::fs::write(path, text).unwrap();
    addresses
}

/// Writes the configuration of a server in `folder` on the database at `database`.
pub fn configure(folder: &Path, database: &str) -> (String, String) {
    let (port, ops) = (free_port(), free_port());
    let key = folder.join("master.key");
    if !key.exists() {
        let made =
            Command::new(PROGRAM).args(["keys", "new-master-key"]).arg(&key).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let text = format!(
        "base_url = \"http://127.0.0.1:{port}\"\n[database]\nurl = \"{database}\"\n\
         [listen]\naddress = \"127.0.0.1:{port}\"\nops_address = \"127.0.0.1:{ops}\"\n\
         [log]\nlevel = \"error\"\n[secrets]\nmaster_key_file = \"{}\"\n",
        key.display()
    );
    std::fs::write(folder.join("aikagi.toml"), text).unwrap();
    (format!("127.0.0.1:{port}"), format!("127.0.0.1:{ops}"))
}

/// Starts the server, on one processor when `processor` names it, and waits until it is ready.
pub fn serve(folder: &Path, addresses: (String, String), processor: Option<&str>) -> Server {
    let mut command = match processor {
        Some(which) => {
            let mut pinned = Command::new("taskset");
            pinned.args(["-c", which, PROGRAM]);
            pinned
        }
        None => Command::new(PROGRAM),
    };
    let child = command
        .args(["serve", "--config"])
        .arg(folder.join("aikagi.toml"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server { child, address: addresses.0, ops: addresses.1 };
    let begun = Instant::now();
    while !ready(&server.ops) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the server did not become ready");
        std::thread::sleep(Duration::from_millis(2));
    }
    server
}

fn ready(ops: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(ops) else { return false };
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {ops}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

pub fn run() {
    let folder = folder("process");
    let database = format!("sqlite:{}", folder.join("aikagi.db").display());
    // The first start migrates; measured are those after it.
    drop(serve(&folder, configure(&folder, &database), None));
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        let addresses = configure(&folder, &database);
        let begun = Instant::now();
        let server = serve(&folder, addresses, None);
        starts.push(begun.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(Duration::from_secs(2));
        memory.push(resident_kib(server.child.id()) as f64 / 1024.0);
    }
    let size = std::fs::metadata(PROGRAM).unwrap().len() as f64 / 1_048_576.0;
    row("start to /readyz", &format!("{:.0} ms", median(starts)), "—", "≤ 200 ms");
    row("idle memory", &format!("{:.1} MB RSS", median(memory)), "—", "≤ 40 MB");
    row("binary", &format!("{size:.1} MB"), "—", "≤ 40 MB");
}
