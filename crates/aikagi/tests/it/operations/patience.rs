//! Peers that say nothing, or say it too slowly, do not keep their connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::program::{Folder, PATIENCE, get};

/// What a peer sends, and then nothing more.
const CASES: [(&str, &[u8]); 5] = [
    ("nothing", b""),
    ("half an HTTP/2 preface", b"PRI * HTTP/2.0\r\n"),
    ("a whole HTTP/2 preface and nothing after it", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("half a head", b"GET /livez HTTP/1.1\r\nHost:"),
    (
        "a head without its body",
        b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\
          Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant",
    ),
];

/// Seconds until the peer is hung up on.
fn hung_up(address: SocketAddr, sent: &[u8]) -> Option<Duration> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(sent).unwrap();
    let started = Instant::now();
    let mut answer = Vec::new();
    let ended = match stream.read_to_end(&mut answer) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    };
    ended.then(|| started.elapsed())
}

fn every_case(listener: &str, address: SocketAddr) {
    for (name, sent) in CASES {
        let waited = hung_up(address, sent);
        let soon = waited.is_some_and(|waited| waited < Duration::from_secs(6));
        assert!(soon, "{listener}, {name}: still there, or late: {waited:?}");
    }
}

#[test]
fn on_each_listener_a_silent_or_slow_peer_is_hung_up_on() {
    let folder = Folder::new();
    folder.configure("listen.patience_seconds = 1\n");
    let server = folder.serve();
    every_case("public", server.public);
    every_case("operations", server.ops);
    assert_eq!(get(server.ops, "/livez").unwrap().0, 200, "others are answered all the same");
}

#[test]
fn a_silent_tls_handshake_is_hung_up_on() {
    let folder = super::tls::with_own_certificate("listen.patience_seconds = 1\n");
    let server = folder.serve();
    for (name, sent) in [("nothing", &b""[..]), ("half a hello", b"\x16\x03\x01\x02\x00\x01")] {
        let waited = hung_up(server.public, sent);
        assert!(waited.is_some_and(|waited| waited < Duration::from_secs(6)), "{name}: {waited:?}");
    }
}

#[test]
fn a_body_that_drips_is_cut_off_however_steadily_it_drips() {
    let folder = Folder::new();
    folder.configure("listen.patience_seconds = 1\n");
    let server = folder.serve();
    let mut stream = TcpStream::connect(server.public).unwrap();
    stream.write_all(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n").unwrap();
    let started = Instant::now();
    // A byte every 50 ms would take seven minutes; the server ends it, and says so by closing.
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut answer = Vec::new();
    let ended = loop {
        let mut some = [0; 512];
        match stream.read(&mut some) {
            Ok(0) => break true,
            Ok(count) => answer.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break true,
        }
        if started.elapsed() > PATIENCE {
            break false;
        }
        let _closed = stream.write_all(b"x");
    };
    assert!(ended && started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

#[test]
fn beyond_the_most_connections_the_next_one_is_closed_and_a_place_is_free_again_afterwards() {
    let folder = Folder::new();
    folder.configure("listen.connections = 2\n");
    let server = folder.serve();
    let held = [(); 2].map(|()| {
        let mut stream = TcpStream::connect(server.public).unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut some = [0; 16];
        stream.read_exact(&mut some).unwrap();
        stream
    });
    let refused = hung_up(server.public, b"").unwrap();
    assert!(refused < Duration::from_secs(5), "closed at once: {refused:?}");
    drop(held);
    super::program::eventually("a place is free", || get(server.public, "/jwks").map(|_| ()));
}
