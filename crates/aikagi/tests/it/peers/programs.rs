//! Programs of others, each in a folder of its own, ended with the test that started them.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Issuer;
use super::issuer::SECRET;
use crate::house::source::root;
use crate::operations::eventually;
use crate::world::{Running, read_env};

/// A port nobody listens on now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Where `./check` has put the packages.
pub fn packages() -> PathBuf {
    PathBuf::from(read_env("TEST_PEERS").expect("TEST_PEERS names the folder of the packages"))
}

/// A file of `tests/peers`, laid into `folder`.
pub fn lay(name: &str, folder: &Path) -> PathBuf {
    let to = folder.join(name);
    std::fs::copy(root().join("crates/aikagi/tests/peers").join(name), &to).unwrap();
    to
}

/// A program that the system ends with us, even when we are killed.
pub fn ours(program: &Path, more: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).args(more).arg(program);
    command
}

/// `node script`, with the packages beside it.
pub fn node(script: &str, folder: &Path) -> Command {
    symlink(packages().join("node/node_modules"), folder.join("node_modules")).unwrap();
    lay("peer.mjs", folder);
    let mut command = ours(Path::new("node"), &[]);
    command.arg(lay(script, folder));
    command
}

/// `python script`, in the environment with the packages.
pub fn python(script: &str, folder: &Path) -> Command {
    let mut command = ours(&packages().join("python/bin/python"), &[]);
    command.arg("-u").arg(lay(script, folder));
    command
}

/// An Apache of our own in one process; root steps down for it.
fn apache(script: &str, folder: &Path, address: &str) -> Command {
    lay(script, folder);
    lay("apache.conf", folder);
    std::fs::create_dir(folder.join("pages")).unwrap();
    for page in ["index.html", "refresh"] {
        std::fs::write(folder.join("pages").join(page), "みるぷらす").unwrap();
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let down = ["--reuid", "www-data", "--regid", "www-data", "--clear-groups"];
    let mut command = ours(Path::new("/usr/sbin/apache2"), if is_root { &down } else { &[] });
    command.arg("-X").arg("-f").arg(folder.join("apache.conf"));
    let port = address.rsplit(':').next().unwrap();
    command.env("FOLDER", folder).env("PORT", port).env("MODULES", "/usr/lib/apache2/modules");
    command.env("PASSPHRASE", SECRET);
    command
}

/// A site somebody else wrote, which signs people in at an issuer.
pub struct Site {
    pub address: String,
    said: PathBuf,
    _folder: tempfile::TempDir,
    _process: Running,
}

impl Site {
    /// Starts the site of a file of `tests/peers`, at this address, and waits until it listens.
    pub fn start(script: &str, issuer: &Issuer, client: &str, address: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::write(path.join("ca.pem"), &issuer.authority).unwrap();
        let mut command = match script.rsplit('.').next() {
            Some("mjs") => node(script, path),
            Some("py") => python(script, path),
            _ => apache(script, path, address),
        };
        let said = path.join("said.txt");
        let out = File::create(&said).unwrap();
        command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        told(&mut command, issuer, client).env("SITE", address).current_dir(path);
        let mut process = Running(command.spawn().unwrap());
        let mut ended = None;
        eventually("the site listens", || {
            ended = process.0.try_wait().unwrap();
            let bare = address.trim_start_matches("http://");
            let listens = std::net::TcpStream::connect(bare).is_ok();
            (listens || ended.is_some()).then_some(())
        });
        let words = std::fs::read_to_string(&said).unwrap();
        assert!(ended.is_none(), "{script} ended at once: {ended:?}\n{words}");
        Self { address: address.to_owned(), said, _folder: folder, _process: process }
    }
}

impl Drop for Site {
    /// A test that fails shows what the library said.
    #[expect(clippy::print_stderr, reason = "so it stands beside the failure it belongs to")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            for file in [self.said.clone(), self.said.with_file_name("error.log")] {
                eprintln!("{}", std::fs::read_to_string(file).unwrap_or_default());
            }
        }
    }
}

/// What a program is told of the provider: its address, and whom to trust.
pub fn told<'c>(command: &'c mut Command, issuer: &Issuer, client: &str) -> &'c mut Command {
    let authority = issuer.folder.path("ca.pem");
    command
        .env("ISSUER", issuer.url())
        .env("PLATFORM", &issuer.base)
        .env("CLIENT_ID", client)
        .env("CLIENT_SECRET", SECRET)
        .env("NODE_EXTRA_CA_CERTS", &authority)
        .env("REQUESTS_CA_BUNDLE", &authority)
        .env("CA_FILE", &authority)
}
