//! What we call: never a private address, unless it stands on the list.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use outlets::http::{Allowed, CallError, Http, Settings};
use url::Url;

fn client(allow: &[String]) -> Http {
    let settings = Settings {
        allowed: Allowed::parse(allow).unwrap(),
        trust_roots: Vec::new(),
        timeout: Duration::from_secs(5),
    };
    Http::new(settings).unwrap()
}

fn call(http: &Http, url: &str) -> Result<u16, CallError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = Url::parse(url).unwrap();
    runtime.block_on(http.post(&url, &[], Vec::new())).map(|answer| answer.status)
}

/// A server that answers every request alike; where it listens.
fn answering(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = stream;
            let _request = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _answered = std::io::Write::write_all(&mut stream, answer.as_bytes());
        }
    });
    address
}

#[test]
fn private_addresses_are_refused_however_they_are_written() {
    let http = client(&[]);
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1:8443/",
        "https://localhost/",
        "http://203.0.114.1/",
    ] {
        let refused = call(&http, url);
        assert!(matches!(refused, Err(CallError::Forbidden(_))), "{url}: {refused:?}");
    }
}

#[test]
fn a_destination_on_the_list_is_called_and_its_neighbours_are_not() {
    let ok = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    let (one, other) = (answering(ok), answering(ok));
    let http = client(&[one.to_string()]);
    assert_eq!(call(&http, &format!("http://{one}/hook")), Ok(204));
    assert!(matches!(call(&http, &format!("http://{other}/hook")), Err(CallError::Forbidden(_))));
}

#[test]
fn redirects_are_not_followed_and_endless_answers_are_cut() {
    let away = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\
                connection: close\r\n\r\n";
    let address = answering(away);
    assert_eq!(call(&client(&[address.to_string()]), &format!("http://{address}/")), Ok(302));

    let endless: &'static str = Box::leak(
        format!("HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n{}", "x".repeat(9_000_000))
            .into_boxed_str(),
    );
    let address = answering(endless);
    let cut = call(&client(&[address.to_string()]), &format!("http://{address}/"));
    assert_eq!(cut, Err(CallError::Failed("the answer is too large".to_owned())));
}
