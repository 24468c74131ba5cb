//! A mail server for stories: it speaks SMTP over a socket, keeps what it took, and can be told to refuse, to put
//! off, or to hang up.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the server does with the next mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    Takes,
    /// Answers this to the recipient.
    Says(&'static str),
    /// Reads the mail and hangs up without an answer.
    HangsUp,
}

/// A mail that arrived whole, whether it was answered or not.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub from: String,
    pub to: String,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Arrived {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(each, _)| each.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The digits of the first line that has eight of them.
    pub fn code(&self) -> String {
        let digits = |line: &str| -> String { line.chars().filter(char::is_ascii_digit).collect() };
        self.text.lines().map(digits).find(|digits| digits.len() == 8).expect("a code")
    }
}

#[derive(Default)]
struct State {
    arrived: Vec<Arrived>,
    next: VecDeque<Does>,
    said: Vec<String>,
}

pub struct Smtp {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Smtp {
    pub fn new() -> Self {
        Self::speaking(None)
    }

    /// TLS from the first byte with this certificate and key, PEM.
    pub fn over_tls(certificate: &str, key: &str) -> Self {
        use rustls_pki_types::pem::PemObject as _;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = rustls_pki_types::CertificateDer::from_pem_slice(certificate.as_bytes());
        let key = rustls_pki_types::PrivateKeyDer::from_pem_slice(key.as_bytes());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain.unwrap()], key.unwrap());
        Self::speaking(Some(Arc::new(config.unwrap())))
    }

    fn speaking(tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                std::thread::spawn(move || match tls {
                    None => drop(serve(&state, stream)),
                    Some(config) => {
                        let session = rustls::ServerConnection::new(config).unwrap();
                        drop(serve(&state, rustls::StreamOwned::new(session, stream)));
                    }
                });
            }
        });
        Self { address, state }
    }

    pub fn does(&self, next: &[Does]) {
        self.state.lock().unwrap().next = next.iter().copied().collect();
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.state.lock().unwrap().arrived.clone()
    }

    /// What arrived for this address, oldest first.
    pub fn for_address(&self, address: &str) -> Vec<Arrived> {
        self.arrived().into_iter().filter(|one| one.to == address).collect()
    }

    /// Every command anybody gave.
    pub fn said(&self) -> Vec<String> {
        self.state.lock().unwrap().said.clone()
    }
}

fn serve<S: Read + Write>(state: &Mutex<State>, stream: S) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let say = |stream: &mut BufReader<S>, text: &str| -> std::io::Result<()> {
        stream.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
        stream.get_mut().flush()
    };
    let (mut from, mut to, mut does) = (String::new(), String::new(), Does::Takes);
    say(&mut stream, "220 mx.example.jp ESMTP")?;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        state.lock().unwrap().said.push(command.clone());
        let inside = || {
            let (_, rest) = command.split_once('<').unwrap_or_default();
            rest.split('>').next().unwrap_or_default().to_owned()
        };
        let verb = command.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(&mut stream, "250-mx.example.jp\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "MAIL" => {
                from = inside();
                does = state.lock().unwrap().next.pop_front().unwrap_or(Does::Takes);
                say(&mut stream, "250 2.1.0 ok")?;
            }
            "RCPT" => {
                to = inside();
                let answer = if let Does::Says(refusal) = does { refusal } else { "250 2.1.5 ok" };
                say(&mut stream, answer)?;
            }
            "DATA" => {
                say(&mut stream, "354 go on")?;
                let mail = read_mail(&mut stream)?;
                state.lock().unwrap().arrived.push(parse(&from, &to, &mail));
                if does == Does::HangsUp {
                    return Ok(());
                }
                say(&mut stream, "250 2.0.0 taken")?;
            }
            "QUIT" => {
                say(&mut stream, "221 bye")?;
                return Ok(());
            }
            _ => say(&mut stream, "250 ok")?,
        }
    }
    Ok(())
}

fn read_mail<S: Read>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn parse(from: &str, to: &str, mail: &str) -> Arrived {
    let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
    let unfolded = head.replace("\r\n ", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        (name.to_owned(), decoded(value))
    };
    let text = STANDARD.decode(body.replace("\r\n", "")).unwrap();
    Arrived {
        from: from.to_owned(),
        to: to.to_owned(),
        headers: unfolded.lines().map(header).collect(),
        text: String::from_utf8(text).unwrap().replace("\r\n", "\n"),
    }
}

/// Encoded words (RFC 2047 §2, base64), put together.
fn decoded(value: &str) -> String {
    let mut text = String::new();
    for word in value.replace("?= =?", "?==?").split("=?") {
        match word.strip_prefix("utf-8?b?").and_then(|rest| rest.split_once("?=")) {
            Some((encoded, rest)) => {
                text.push_str(&String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap());
                text.push_str(rest);
            }
            None => text.push_str(word),
        }
    }
    text
}
