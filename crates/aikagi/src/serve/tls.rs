//! Certificate and key of the public listener: checked at the start, read again when they change.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use base::kernel::clock;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate::validity;
use crate::config::{Config, Fault};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Reads certificate chain and key, and refuses what could not serve.
///
/// # Errors
/// A file is missing or not PEM; the certificate is expired or not valid yet; the key is another
/// certificate's. The fault names the file.
pub fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Fault> {
    let in_chain = |says: String, advice: &str| {
        Fault::new(
            &format!("listen.tls_certificate_file ({})", certificate.display()),
            says,
            advice,
        )
    };
    let in_key = |says: String, advice: &str| {
        Fault::new(&format!("listen.tls_key_file ({})", key.display()), says, advice)
    };
    let pem = "write the chain as PEM, the server's own certificate first";
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| in_chain(error.to_string(), pem))?;
    let own = chain.first().ok_or_else(|| in_chain("holds no certificate".into(), pem))?;
    let valid = validity(own).ok_or_else(|| in_chain("is no X.509 certificate".into(), pem))?;
    let now = clock::now();
    if now >= valid.until {
        let says = format!("expired at {}", valid.until.rfc3339_jst());
        return Err(in_chain(says, "renew the certificate"));
    }
    if now < valid.from {
        let says = format!("is not valid before {}", valid.from.rfc3339_jst());
        return Err(in_chain(says, "check this machine's clock, or use the older certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        in_key(error.to_string(), "write the private key as PEM, without password")
    })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| in_chain(error.to_string(), "report this"))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| mismatch(&error, in_key))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // An instant, not a rest: it stays true while nobody sets it again.
    let seconds = valid.until.ms() / 1000;
    metrics::gauge!("aikagi_tls_certificate_expires_seconds").set(seconds as f64);
    Ok(Arc::new(config))
}

fn mismatch(error: &rustls::Error, in_key: impl Fn(String, &str) -> Fault) -> Fault {
    match error {
        rustls::Error::InconsistentKeys(_) => in_key(
            "is not the key of the certificate".to_owned(),
            "name the key the certificate was made with",
        ),
        other => in_key(other.to_string(), "name a private key of a kind that rustls knows"),
    }
}

type Stamp = Option<(SystemTime, u64)>;

fn stamp(file: &Path) -> Stamp {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Takes new files over while serving; when they are unfit the old ones stay, and the log says why.
pub(super) async fn follow(config: Arc<Config>, serving: RustlsConfig) {
    let (certificate, key) = (&config.listen.tls_certificate_file, &config.listen.tls_key_file);
    let mut seen = (stamp(certificate), stamp(key));
    loop {
        tokio::time::sleep(LOOK).await;
        let now = (stamp(certificate), stamp(key));
        if now == seen {
            continue;
        }
        match load(certificate, key) {
            Ok(loaded) => {
                serving.reload_from_config(loaded);
                seen = now;
                tracing::info!("the new certificate is in use");
            }
            // Not remembered as seen: the other of the two files may still be on its way.
            Err(fault) => tracing::warn!(%fault, "the old certificate stays in use"),
        }
    }
}
