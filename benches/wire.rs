//! A small HTTP/1.1 client for loads: keep-alive, one request at a time on each connection.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection and what was read of the next answer.
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer: status and body.
pub struct Answer {
    pub status: u16,
    /// Status line and headers; their names in small letters.
    pub head: String,
    pub body: Vec<u8>,
}

impl Wire {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::with_capacity(8192) }
    }

    /// Sends a whole request and reads the answer.
    pub async fn call(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.unwrap();
        loop {
            if let Some(answer) = self.parse() {
                return answer;
            }
            let count = self.stream.read_buf(&mut self.read).await.unwrap();
            assert!(count > 0, "the server closed the connection");
        }
    }

    fn parse(&mut self) -> Option<Answer> {
        let end = self.read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = small_names(&String::from_utf8_lossy(&self.read[..end]));
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |text| text.trim().parse().unwrap());
        if self.read.len() < end + length {
            return None;
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = self.read[end..end + length].to_vec();
        self.read.drain(..end + length);
        Some(Answer { status, head, body })
    }
}

/// The head with the names of its headers in small letters.
fn small_names(head: &str) -> String {
    let lines = head.lines().map(|line| match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}\r\n", name.to_ascii_lowercase()),
        None => format!("{line}\r\n"),
    });
    lines.collect()
}

/// A GET as bytes.
pub fn get(address: &str, path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n").into_bytes()
}

/// A POST as bytes.
pub fn post(address: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Requests a second and the 99th percentile of latency in µs.
pub struct Load {
    pub rate: f64,
    pub p99: f64,
}

/// Sends requests for `time` over `connections`, the next one always as `request(n)` says.
pub fn load(
    address: &str,
    (connections, time): (u64, Duration),
    request: impl Fn(u64) -> Vec<u8> + Copy + Send + Sync + 'static,
) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let mut latencies = runtime.block_on(async {
        let local = tokio::task::LocalSet::new();
        let address = address.to_owned();
        local
            .run_until(async move {
                let tasks: Vec<_> = (0..connections)
                    .map(|connection| {
                        let address = address.clone();
                        tokio::task::spawn_local(async move {
                            let mut wire = Wire::open(&address).await;
                            let mut taken = Vec::new();
                            let mut n = connection;
                            while begun.elapsed() < time {
                                let sent = Instant::now();
                                let answer = wire.call(&request(n)).await;
                                assert_eq!(answer.status, 200);
                                taken.push(sent.elapsed().as_secs_f64() * 1e6);
                                n += connections;
                            }
                            taken
                        })
                    })
                    .collect();
                let mut all = Vec::new();
                for task in tasks {
                    all.extend(task.await.unwrap());
                }
                all
            })
            .await
    });
    let spent = begun.elapsed().as_secs_f64();
    latencies.sort_by(f64::total_cmp);
    Load { rate: latencies.len() as f64 / spent, p99: latencies[latencies.len() * 99 / 100] }
}
