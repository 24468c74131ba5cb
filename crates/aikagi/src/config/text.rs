//! `[text]`: what it means, and what of it is unsafe.

use outlets::post::{Provider, TextWay};
use url::Url;

use super::mail::folder_fault;
use super::secrets::password;
use super::{Config, Fault};

/// How texts leave this process.
///
/// # Errors
/// The address is none, or the token's file can not be read.
pub fn text_way(config: &Config) -> Result<TextWay, Fault> {
    let text = &config.text;
    if !text.folder.as_os_str().is_empty() {
        return Ok(TextWay::Folder(text.folder.clone()));
    }
    if text.url.is_empty() {
        return Ok(TextWay::None);
    }
    let token = match text.token_file.as_os_str().is_empty() {
        true => String::new(),
        false => password("text.token_file", &text.token_file)?,
    };
    Ok(TextWay::Provider(Provider { url: address(&text.url)?, token, from: text.from.clone() }))
}

fn address(text: &str) -> Result<Url, Fault> {
    let advice = "write the https address where the provider takes texts";
    let wrong = |says: &str| Fault::new("text.url", says, advice);
    let url = Url::parse(text).map_err(|_| wrong("is no web address"))?;
    match url.scheme() {
        // Plain http goes to destinations named in outgoing.allow only.
        "https" | "http" if url.has_host() => Ok(url),
        _ => Err(wrong("is no web address")),
    }
}

/// Everything about texts that refuses to start.
pub(super) fn faults(config: &Config) -> Vec<Fault> {
    let text = &config.text;
    let mut faults = Vec::new();
    let (folder, url) = (!text.folder.as_os_str().is_empty(), !text.url.is_empty());
    if folder {
        faults.extend(folder_fault(config, "text.folder"));
    }
    if folder && url {
        let says = "stands beside text.url";
        faults.push(Fault::new("text.folder", says, "keep one of both"));
    }
    if !url && (!text.token_file.as_os_str().is_empty() || !text.from.is_empty()) {
        let advice = "name the provider, or take the other keys of [text] out";
        faults.push(Fault::new("text.url", "is missing", advice));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+';
    if text.from.len() > 16 || !text.from.bytes().all(fits) {
        let advice = "write up to eleven letters and digits, or a number";
        faults.push(Fault::new("text.from", "is no sender", advice));
    }
    if url {
        faults.extend(text_way(config).err());
    }
    faults
}
