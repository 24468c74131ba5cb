//! News between nodes on one PostgreSQL: what was touched, by NOTIFY after the commit, in batches.
//!
//! NOTIFY inside a transaction takes a lock of the whole database at commit, so that commits would
//! queue behind each other's fsync; the news therefore travels after the commit, and no cache may
//! rely on it alone: entries are version-checked when they are older than a second
//! (`docs/STORIES.md`, story 7).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::Touched;
use super::db::Watchers;
use super::postgres::notification;

/// The channel, followed by the schema: two installations in one database do not hear each other.
const CHANNEL: &str = "aikagi_";
/// PostgreSQL takes payloads below 8000 bytes.
const PAYLOAD: usize = 7000;
const AGAIN: Duration = Duration::from_millis(500);

/// Sends what this node touched to the others, for ever.
pub(super) async fn announce(config: Config, mut queue: UnboundedReceiver<Touched>) {
    let mut client: Option<Client> = None;
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, 512).await > 0 {
        waiting.dedup();
        for payload in payloads(&waiting) {
            if client.as_ref().is_none_or(Client::is_closed) {
                client = quiet_connect(&config).await;
            }
            if let Some(open) = &client {
                let sent = open
                    .execute("SELECT pg_notify($1 || current_schema(), $2)", &[&CHANNEL, &payload])
                    .await;
                if let Err(error) = sent {
                    tracing::warn!(%error, "news to other nodes not sent; they version-check");
                }
            }
        }
        waiting.clear();
    }
}

async fn quiet_connect(config: &Config) -> Option<Client> {
    match config.connect(NoTls).await {
        Ok((client, driver)) => {
            tokio::spawn(driver);
            Some(client)
        }
        Err(error) => {
            tracing::warn!(%error, "no connection for news to other nodes");
            None
        }
    }
}

/// Lines `operator<TAB>key` (no key: all of the operator), packed below the size limit.
fn payloads(touched: &[Touched]) -> Vec<String> {
    let mut packed: Vec<String> = Vec::new();
    for one in touched {
        let line = format!("{}\t{}\n", one.operator, one.key.as_deref().unwrap_or_default());
        match packed.last_mut() {
            Some(last) if last.len() + line.len() < PAYLOAD => last.push_str(&line),
            _ => packed.push(line),
        }
    }
    packed
}

/// Hears what other nodes touched, for ever; a gap in hearing forgets everything.
pub(super) async fn listen(config: Config, watchers: Arc<Watchers>) {
    loop {
        if let Err(error) = hear(&config, &watchers).await {
            tracing::debug!(%error, "the news feed broke; trying again");
        }
        watchers.announce(&[Touched::everything()]);
        tokio::time::sleep(AGAIN).await;
    }
}

async fn hear(config: &Config, watchers: &Watchers) -> Result<(), tokio_postgres::Error> {
    let (client, mut driver) = config.connect(NoTls).await?;
    let (sender, mut news) = tokio::sync::mpsc::unbounded_channel();
    let driving = tokio::spawn(async move {
        while let Some(message) = std::future::poll_fn(|context| driver.poll_message(context)).await
        {
            match message {
                Ok(message) => pass_on(&message, &sender),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    });
    let schema: String = client.query_one("SELECT current_schema()::text", &[]).await?.get(0);
    client.batch_execute(&format!("LISTEN \"{CHANNEL}{}\"", schema.replace('"', "\"\""))).await?;
    while let Some(payload) = news.recv().await {
        let touched: Vec<Touched> = payload.lines().filter_map(parse).collect();
        watchers.announce(&touched);
    }
    drop(client);
    driving.await.unwrap_or(Ok(()))
}

fn pass_on(message: &AsyncMessage, news: &tokio::sync::mpsc::UnboundedSender<String>) {
    if let Some(payload) = notification(message) {
        let _listener_gone = news.send(payload.to_owned());
    }
}

fn parse(line: &str) -> Option<Touched> {
    let (operator, key) = line.split_once('\t')?;
    Some(Touched { operator: operator.into(), key: (!key.is_empty()).then(|| key.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_survives_packing_and_stays_below_the_size_limit() {
        let touched: Vec<Touched> = (0..1000)
            .map(|n| Touched { operator: "OP0012".into(), key: Some(format!("C{n:010}").into()) })
            .chain([Touched { operator: "OP0012".into(), key: None }])
            .collect();
        let packed = payloads(&touched);
        assert!(packed.iter().all(|payload| payload.len() < 8000));
        let heard: Vec<Touched> = packed.iter().flat_map(|p| p.lines()).filter_map(parse).collect();
        assert_eq!(heard, touched);
    }
}
