//! As much of a browser as a load needs: cookies, redirects, forms.

use std::collections::BTreeMap;

use crate::wire::{Answer, Wire, get, post};

/// Redirects followed at most.
const LEADS: usize = 8;

/// One browser at our server.
pub struct Browser {
    wire: Wire,
    address: String,
    cookies: BTreeMap<String, String>,
    /// The path of the page it shows.
    pub path: String,
}

impl Browser {
    pub async fn new(address: &str) -> Self {
        Self {
            wire: Wire::open(address).await,
            address: address.to_owned(),
            cookies: BTreeMap::new(),
            path: String::new(),
        }
    }

    /// The header that says who it is.
    pub fn cookie(&self) -> String {
        let all: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if all.is_empty() { String::new() } else { format!("Cookie: {}\r\n", all.join("; ")) }
    }

    /// The page at `path`, after all redirects.
    pub async fn go(&mut self, path: &str) -> String {
        let answer = self.ask(path).await;
        self.follow(answer, path).await
    }

    /// What comes of a form that is sent to `path`, after all redirects.
    pub async fn send(&mut self, path: &str, form: &str) -> String {
        let headers = format!(
            "{}Origin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            self.cookie(),
            self.address
        );
        let answer = self.wire.call(&post(&self.address, path, &headers, form)).await;
        self.follow(answer, path).await
    }

    async fn ask(&mut self, path: &str) -> Answer {
        self.wire.call(&get(&self.address, path, &self.cookie())).await
    }

    async fn follow(&mut self, mut answer: Answer, path: &str) -> String {
        path.clone_into(&mut self.path);
        for _ in 0..LEADS {
            self.keep(&answer.head);
            if !(300..400).contains(&answer.status) {
                let body = String::from_utf8_lossy(&answer.body).into_owned();
                assert_eq!(answer.status, 200, "{}: {body}", self.path);
                return body;
            }
            let location = header(&answer.head, "location").next().unwrap().to_owned();
            let here = format!("http://{}", self.address);
            self.path = location.strip_prefix(&here).unwrap_or(&location).to_owned();
            let next = self.path.clone();
            answer = self.ask(&next).await;
        }
        panic!("redirects without end at {}", self.path);
    }

    fn keep(&mut self, head: &str) {
        for set in header(head, "set-cookie") {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// The values of a header.
fn header<'h>(head: &'h str, name: &'h str) -> impl Iterator<Item = &'h str> {
    head.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
}

/// The text between two marks.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} in {text}"));
    rest.split(to).next().unwrap_or_default()
}
