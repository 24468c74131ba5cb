//! The built-in test client against a server that runs, over TLS: from the issuer's name alone.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Stdio};

use super::program::{Ended, Folder};
use crate::peers::{Browser, Issuer};

const CLIENTS: &str = r#"
[[operators.clients]]
id = "probe"
name_ja = "検査㈱"
name_en = "Probe"
method = "none"
redirect_uris = ["http://127.0.0.1/callback"]
grants = ["authorization_code", "device_code", "refresh_token"]
scopes = ["openid"]

[[operators.clients]]
id = "itself"
name_ja = "自分"
name_en = "Itself"
secret_file = "client.secret"
grants = ["client_credentials"]
scopes = ["decisions"]
redirect_uris = []
"#;

fn issuer() -> Issuer {
    Issuer::new(CLIENTS, &[], "localhost:1")
}

fn arguments<'a>(way: &'a str, client: &'a str, url: &'a str) -> Vec<&'a str> {
    let trust = ["--trust-roots-file", "ca.pem"];
    [&["perform", way, "--issuer", url, "--client", client][..], &trust].concat()
}

/// The program under way, and what it says, line by line.
struct Performing {
    child: Child,
    lines: BufReader<ChildStdout>,
    said: String,
}

impl Performing {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines, said: String::new() }
    }

    /// What stands after `start` in the next line that begins so.
    fn line(&mut self, start: &str) -> String {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            self.said.push_str(&line);
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim_end().to_owned();
            }
            line.clear();
        }
        let mut why = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        panic!("no line begins with {start}: {}{why}", self.said)
    }

    /// Everything it said, when it has ended.
    fn ended(mut self) -> Ended {
        self.lines.read_to_string(&mut self.said).unwrap();
        let mut ended = Ended::of(self.child.wait_with_output().unwrap());
        ended.out = self.said;
        ended
    }
}

/// Nothing of what was said is a token, a code or a handle.
#[track_caller]
fn says_no_secret(said: &str) {
    let longest = |line: &str| line.split([' ', ':', '"']).map(str::len).max().unwrap_or(0);
    let address = |line: &&str| !line.starts_with("http");
    let long: Vec<_> = said.lines().filter(address).filter(|line| longest(line) > 60).collect();
    assert!(
        long.iter().all(|line| line.contains("discovered") || line.contains("keys of")),
        "{said}"
    );
    // Both parts of a token begin so; three letters alone also come up by chance, in a `state`.
    assert!(!said.contains(".eyJ"), "{said}");
}

#[test]
fn somebody_signs_in_by_browser_and_the_id_token_is_verified() {
    let issuer = issuer();
    let url = issuer.url();
    let mut performing =
        Performing::start(&issuer.folder, &arguments("authorization-code", "probe", &url));
    let address = format!("https{}", performing.line("https"));
    let mut browser = Browser::new(&issuer);
    let back = |url: &url::Url| url.host_str() == Some("127.0.0.1");
    let page = browser.open_up_to(&address, &back);
    let page = browser.sign_in(page, &back);
    let answered = browser.open(page.url.as_str());
    assert!(answered.body.contains("閉じて"), "{answered:?}");
    let said = performing.ended().well();
    for step in ["verified the ID token", "same person", "aud: \"probe\"", "got a refresh token"] {
        assert!(said.contains(step), "{step}: {said}");
    }
    assert!(said.trim_end().ends_with("- done"), "{said}");
    says_no_secret(&said);
}

#[test]
fn an_answer_to_another_request_is_not_taken() {
    let issuer = issuer();
    let url = issuer.url();
    let mut performing =
        Performing::start(&issuer.folder, &arguments("authorization-code", "probe", &url));
    let address = format!("https{}", performing.line("https"));
    let redirect = url::Url::parse(&address).unwrap();
    let (_, back) = redirect.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap();
    Browser::new(&issuer).open(&format!("{back}?code=stolen&state=of-somebody-else"));
    let ended = performing.ended();
    assert_eq!(ended.code, 1, "{}", ended.out);
    assert!(ended.err.contains("state differs"), "{}", ended.err);
}

#[test]
fn a_code_is_typed_elsewhere_as_at_a_television() {
    let issuer = issuer();
    let url = issuer.url();
    let mut performing =
        Performing::start(&issuer.folder, &arguments("device-code", "probe", &url));
    let address = format!("https{}", performing.line("https"));
    let number = performing.line("- this screen's number is ");
    Browser::new(&issuer).decide(&address, &number, "allow");
    let said = performing.ended().well();
    assert!(said.contains("verified the ID token") && said.ends_with("- done\n"), "{said}");
    says_no_secret(&said);
}

#[test]
fn a_client_gets_a_token_for_itself_and_a_refusal_is_said_in_the_words_of_the_protocol() {
    let issuer = issuer();
    let url = issuer.url();
    let secret = ["--secret-file", "client.secret"];
    let run = |more: &[&str]| {
        issuer.folder.run(&[&arguments("client-credentials", "itself", &url), more].concat())
    };
    let said = run(&secret).well();
    assert!(said.contains("got an access token (Bearer, good for 600 s)"), "{said}");
    assert!(said.contains("its scope is decisions"), "{said}");
    says_no_secret(&said);

    issuer.folder.write("wrong.secret", &"0".repeat(40));
    let ended = run(&["--secret-file", "wrong.secret"]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("invalid_client") && !ended.err.contains("0000"), "{}", ended.err);

    issuer.folder.run(&["client", "disable", "itself", "--operator", "OP0012"]).well();
    crate::operations::eventually("the server knows that it is off", || {
        (run(&secret).code == 1).then_some(())
    });
}

#[test]
fn a_server_that_is_not_there_is_unavailable_and_another_issuer_is_not_taken_for_the_one_named() {
    let issuer = issuer();
    let run = |url: &str| issuer.folder.run(&arguments("client-credentials", "itself", url));
    let nobody = run(&format!("https://localhost:{}", crate::peers::free_port()));
    assert_eq!(nobody.code, 3, "{}", nobody.err);
    let other = run(&issuer.url().replace("localhost", "LOCALHOST"));
    assert_eq!(other.code, 1, "{}", other.err);
    assert!(other.err.contains("the issuer is"), "{}", other.err);
    let plain = run("ftp://localhost:1");
    assert_eq!(plain.code, 2, "{}", plain.err);
}
