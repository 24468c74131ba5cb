//! TLS at the start: unfit files are refused by name; fit ones serve, and are changed while serving.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::program::Folder;

struct Files {
    certificate: String,
    key: String,
}

fn certificate(years: (i32, i32)) -> Files {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(years.0, 1, 1);
    parameters.not_after = date_time_ymd(years.1, 1, 1);
    let key = KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    Files { certificate: made.pem(), key: key.serialize_pem() }
}

fn with_tls(files: Option<(&str, &str)>) -> Folder {
    let folder = Folder::new();
    folder.configure(
        "listen.tls_certificate_file = \"chain.pem\"\nlisten.tls_key_file = \"key.pem\"\n",
    );
    if let Some((certificate, key)) = files {
        folder.write("chain.pem", certificate);
        folder.write_secret("key.pem", key);
    }
    folder
}

/// A folder whose server speaks TLS with a certificate of its own.
pub fn with_own_certificate(more: &str) -> Folder {
    let own = certificate((2020, 2099));
    let folder = with_tls(Some((&own.certificate, &own.key)));
    let named = "listen.tls_certificate_file = \"chain.pem\"\nlisten.tls_key_file = \"key.pem\"\n";
    folder.configure(&format!("{named}{more}"));
    folder
}

#[track_caller]
fn refused(files: Option<(&str, &str)>, says: &[&str]) {
    let ended = with_tls(files).run(&["serve"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    for words in says {
        assert!(ended.err.contains(words), "{}", ended.err);
    }
}

#[test]
fn a_missing_expired_early_or_mismatched_pair_refuses_to_start_and_names_the_file() {
    let (good, other) = (certificate((2020, 2099)), certificate((2020, 2099)));
    let (old, early) = (certificate((2020, 2021)), certificate((2090, 2099)));
    refused(None, &["chain.pem", "No such file"]);
    refused(Some(("hello", &good.key)), &["chain.pem", "no certificate"]);
    refused(Some((&good.certificate, "hello")), &["key.pem"]);
    refused(Some((&old.certificate, &old.key)), &["chain.pem", "expired at 2021-01-01"]);
    refused(Some((&early.certificate, &early.key)), &["chain.pem", "not valid before 2090-01-01"]);
    refused(Some((&good.certificate, &other.key)), &["key.pem", "not the key of the certificate"]);
}

#[test]
fn a_fit_pair_serves_tls_and_a_new_one_is_taken_over_while_serving() {
    let first = certificate((2020, 2099));
    let folder = with_tls(Some((&first.certificate, &first.key)));
    let server = folder.serve();
    let der = |pem: &str| {
        use rustls_pki_types::pem::PemObject as _;
        rustls_pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
    };
    assert_eq!(shown(server.public), der(&first.certificate));

    let second = certificate((2021, 2098));
    folder.write_secret("key.pem", &second.key);
    folder.write("chain.pem", &second.certificate);
    super::program::eventually("the new certificate is shown", || {
        (shown(server.public) == der(&second.certificate)).then_some(())
    });
}

/// The certificate a server shows, verified only by looking at it.
fn shown(address: std::net::SocketAddr) -> Vec<u8> {
    use std::io::Write as _;
    use std::sync::Arc;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
    let mut session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let mut stream = rustls::Stream::new(&mut session, &mut socket);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    session.peer_certificates().unwrap()[0].to_vec()
}

#[derive(Debug)]
struct AnyCertificate(std::sync::Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &rustls_pki_types::CertificateDer<'_>,
        _: &[rustls_pki_types::CertificateDer<'_>],
        _: &rustls_pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls_pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &rustls_pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &rustls_pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
