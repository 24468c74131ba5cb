//! `[mail]`: what it means, and what of it is unsafe.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use outlets::post::{MailWay, Senders, Server, Tls, is_sender};

use super::safety::{is_loopback, origin};
use super::secrets::password;
use super::{Config, Fault, Mail};

const TLS: [(&str, Tls); 3] =
    [("starttls", Tls::Starttls), ("implicit", Tls::Implicit), ("none", Tls::None)];

/// How mail leaves this process.
///
/// # Errors
/// The password's file can not be read.
pub fn mail_way(config: &Config, trust_roots: Vec<u8>) -> Result<MailWay, Fault> {
    let mail = &config.mail;
    if !mail.folder.as_os_str().is_empty() {
        return Ok(MailWay::Folder(mail.folder.clone()));
    }
    if mail.host.is_empty() {
        return Ok(MailWay::None);
    }
    let login = match mail.user.as_str() {
        "" => None,
        user => Some((user.to_owned(), password("mail.password_file", &mail.password_file)?)),
    };
    Ok(MailWay::Server(Server {
        host: mail.host.clone(),
        port: u16::try_from(mail.port).unwrap_or_default(),
        // Anything else was refused before; and whatever it is, it is not unprotected.
        tls: tls(mail).unwrap_or(Tls::Starttls),
        login,
        trust_roots,
        timeout: Duration::from_secs(config.outgoing.timeout_seconds),
    }))
}

/// Who mail comes from.
#[must_use]
pub fn senders(config: &Config) -> Senders {
    let pairs = config.mail.senders.iter().filter_map(|pair| pair.split_once('='));
    let of: HashMap<String, String> =
        pairs.map(|(code, address)| (code.to_owned(), address.to_owned())).collect();
    Senders { usual: config.mail.from.clone(), of }
}

fn tls(mail: &Mail) -> Option<Tls> {
    TLS.iter().find(|(name, _)| *name == mail.tls).map(|(_, tls)| *tls)
}

/// Everything about mail that refuses to start.
pub(super) fn faults(config: &Config) -> Vec<Fault> {
    let mail = &config.mail;
    let folder = !mail.folder.as_os_str().is_empty();
    let mut faults = Vec::new();
    if folder {
        faults.extend(folder_fault(config, "mail.folder"));
        if !mail.host.is_empty() {
            let says = "stands beside mail.host";
            faults.push(Fault::new("mail.folder", says, "keep one of both"));
        }
    }
    if !mail.host.is_empty() {
        faults.extend(server_faults(mail));
    } else if !mail.user.is_empty() || (!mail.from.is_empty() && !folder) {
        let advice = "name the mail server, or take the other keys of [mail] out";
        faults.push(Fault::new("mail.host", "is missing", advice));
    }
    faults
}

/// A folder full of names and codes is for who tries things out alone.
pub(super) fn folder_fault(config: &Config, key: &str) -> Option<Fault> {
    let alone =
        origin(&config.base_url).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url));
    let says = "would hold what is meant for persons, and others reach this server";
    (!alone).then(|| Fault::new(key, says, "take it out"))
}

fn server_faults(mail: &Mail) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !(1..=65_535).contains(&mail.port) {
        faults.push(Fault::new("mail.port", "is no port", "write 587"));
    }
    let near = mail.host == "localhost"
        || mail.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match tls(mail) {
        None => {
            let advice = "write starttls or implicit";
            faults.push(Fault::new("mail.tls", "is no way we know", advice));
        }
        Some(Tls::None) if !near => {
            let says = "would send what is meant for persons to another machine in the clear";
            faults.push(Fault::new("mail.tls", says, "write starttls or implicit"));
        }
        Some(_) => {}
    }
    if !is_sender(&mail.from) {
        let advice = "write the address mail comes from, like no-reply@id.example.jp";
        faults.push(Fault::new("mail.from", "is no mail address", advice));
    }
    let wrong =
        |pair: &&String| !pair.split_once('=').is_some_and(|(_, address)| is_sender(address));
    if let Some(pair) = mail.senders.iter().find(wrong) {
        let says = format!("`{pair}` names no station and its address");
        let advice = "write \"OP0012=no-reply@kitahama.example.jp\"";
        faults.push(Fault::new("mail.senders", says, advice));
    }
    match (mail.user.is_empty(), mail.password_file.as_os_str().is_empty()) {
        (false, true) => {
            let advice = "name the file of the password";
            faults.push(Fault::new("mail.password_file", "is missing beside mail.user", advice));
        }
        (true, false) => {
            let advice = "name the user, or take the password's file out";
            faults.push(Fault::new("mail.user", "is missing beside mail.password_file", advice));
        }
        (false, false) => {
            faults.extend(password("mail.password_file", &mail.password_file).err());
        }
        (true, true) => {}
    }
    faults
}
