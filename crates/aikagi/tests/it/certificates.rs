//! Clients that prove who they are by the certificate of their connection, which a proxy hands on.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clients::{AuthMethod, CertificateName, Grant, Proof};
use http::Request;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use serde_json::json;

use crate::viewers::{Answer, House, SECRET};
use crate::world::KITA;

const SUBJECT: &str = "CN=sms.kitahama.example.jp,O=北浜ケーブル㈱,C=JP";

/// The certificate of the station's system, in both writings of proxies.
fn certificate(change: impl FnOnce(&mut CertificateParams)) -> [String; 2] {
    let mut params = CertificateParams::new(vec!["sms.kitahama.example.jp".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    let name = &mut params.distinguished_name;
    name.push(DnType::CountryName, "JP");
    name.push(DnType::OrganizationName, "北浜ケーブル㈱");
    name.push(DnType::CommonName, "sms.kitahama.example.jp");
    params.subject_alt_names.extend([
        SanType::URI("urn:example:sms:kitahama".try_into().unwrap()),
        SanType::IpAddress("2001:db8::5".parse().unwrap()),
        SanType::IpAddress("192.0.2.5".parse().unwrap()),
        SanType::Rfc822Name("sms@kitahama.example.jp".try_into().unwrap()),
    ]);
    change(&mut params);
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let pem = made.pem().replace(' ', "%20").replace('\n', "%0A").replace('+', "%2B");
    [format!(":{}:", STANDARD.encode(made.der())), pem]
}

fn given_named(house: &House, name: CertificateName) {
    house.given_client(KITA, "sms", |terms| {
        (terms.method, terms.proof) = (AuthMethod::TlsClientAuth, Proof::None);
        terms.profile.certificate = name;
    });
}

fn of_host(host: &str) -> CertificateName {
    CertificateName { tls_client_auth_san_dns: Some(host.to_owned()), ..CertificateName::default() }
}

fn come(house: &House, certificates: &[&str], form: &str) -> Answer {
    let mut request = Request::post("/o/KITA01/token")
        .header("content-type", "application/x-www-form-urlencoded");
    for one in certificates {
        request = request.header("client-cert", *one);
    }
    house.call(request.body(Body::from(form.to_owned())).unwrap())
}

const AS_SMS: &str = "grant_type=client_credentials&client_id=sms";

#[test]
fn a_client_is_known_by_the_one_name_it_is_registered_with() {
    let house = House::with_certificates();
    let none = CertificateName::default;
    let names = [
        CertificateName { tls_client_auth_subject_dn: Some(SUBJECT.to_owned()), ..none() },
        of_host("SMS.kitahama.example.jp"),
        CertificateName {
            tls_client_auth_san_uri: Some("urn:example:sms:kitahama".to_owned()),
            ..none()
        },
        CertificateName { tls_client_auth_san_ip: "192.0.2.5".parse().ok(), ..none() },
        CertificateName { tls_client_auth_san_ip: "2001:db8::5".parse().ok(), ..none() },
        CertificateName {
            tls_client_auth_san_email: Some("sms@kitahama.example.jp".to_owned()),
            ..none()
        },
    ];
    let (own, nobodys) = (
        certificate(|_| {}),
        certificate(|other| {
            *other = CertificateParams::new(vec!["sms.minami.example.jp".to_owned()]).unwrap();
        }),
    );
    for name in names {
        given_named(&house, name.clone());
        for header in &own {
            let answer = come(&house, &[header], AS_SMS);
            assert_eq!(answer.status, 200, "{name:?} {}", answer.body);
            assert_eq!(answer.json()["scope"], json!("decisions"));
        }
        for header in &nobodys {
            assert_eq!(come(&house, &[header], AS_SMS).status, 401, "{name:?}");
        }
    }
}

#[test]
fn whoever_shows_no_certificate_of_that_name_is_refused_alike() {
    let house = House::with_certificates();
    given_named(&house, of_host("sms.kitahama.example.jp"));
    let [good, pem] = certificate(|_| {});
    assert_eq!(come(&house, &[&good], AS_SMS).status, 200);
    let wrong = come(&house, &[], AS_SMS);
    assert_eq!((wrong.status.as_u16(), wrong.refusal()), (401, "client.not_authenticated"));
    let only_in_the_subject = certificate(|other| {
        other.subject_alt_names.clear();
    });
    let wild = certificate(|other| {
        other.subject_alt_names =
            vec![SanType::DnsName("*.kitahama.example.jp".try_into().unwrap())];
    });
    let cut = good.get(..good.len() / 2).unwrap();
    let refused: [&[&str]; 8] = [
        &[&only_in_the_subject[0]],
        &[&wild[0]],
        &[cut],
        &[&pem, &good],
        &["::"],
        &["-----BEGIN CERTIFICATE-----"],
        &["CN=sms.kitahama.example.jp"],
        &[&format!(":{}:", "A".repeat(17_000))],
    ];
    for certificates in refused {
        let answer = come(&house, certificates, AS_SMS);
        assert_eq!((answer.status, &answer.body), (wrong.status, &wrong.body), "{certificates:?}");
    }
    let with_secret = format!("{AS_SMS}&client_secret={}", SECRET.replace(' ', "+"));
    assert_eq!(come(&house, &[&good], &with_secret).body, wrong.body, "by its own method only");
    let as_vod = "grant_type=client_credentials&client_id=vod";
    assert_eq!(come(&house, &[&good], as_vod).body, wrong.body, "it names no other client");
}

#[test]
fn who_proves_nothing_may_come_over_any_connection() {
    let house = House::with_certificates();
    house.given_client(KITA, "app", |terms| {
        (terms.method, terms.proof) = (AuthMethod::None, Proof::None);
        terms.grants.retain(|grant| *grant != Grant::ClientCredentials);
    });
    let [header, _] = certificate(|_| {});
    let form = "grant_type=authorization_code&client_id=app&code=x&redirect_uri=y";
    let told = |certificates: &[&str]| come(&house, certificates, form).json();
    assert_eq!(told(&[&header])["error"], json!("invalid_grant"));
    assert_eq!(told(&[&header]), told(&[]));
}

#[test]
fn where_no_proxy_hands_certificates_on_the_header_counts_for_nothing() {
    let house = House::new();
    given_named(&house, of_host("sms.kitahama.example.jp"));
    let [header, _] = certificate(|_| {});
    let answer = come(&house, &[&header], AS_SMS);
    assert_eq!((answer.status.as_u16(), answer.refusal()), (401, "client.not_authenticated"));
    let methods = |house: &House| {
        let metadata = house.get("/o/KITA01/.well-known/openid-configuration").json();
        let of = |endpoint: &str| {
            metadata[format!("{endpoint}_endpoint_auth_methods_supported")].to_string()
        };
        ["token", "revocation", "introspection"].map(of)
    };
    let named = |one: &String| one.contains("\"tls_client_auth\"");
    assert!(!methods(&house).iter().any(named));
    assert!(methods(&House::with_certificates()).iter().all(named));
}

#[test]
fn one_name_is_registered_and_only_for_who_proves_itself_so() {
    let house = House::with_certificates();
    let put = |method, certificate: CertificateName| {
        let mut terms = crate::viewers::service();
        (terms.method, terms.profile.certificate) = (method, certificate);
        if method == AuthMethod::TlsClientAuth {
            terms.proof = Proof::None;
        }
        let put = house.act(move |tx| domain::clients::put(tx, "sms", &terms));
        put.map(drop).map_err(|error| error.code())
    };
    let certificate = AuthMethod::TlsClientAuth;
    let subject = |text: &str| CertificateName {
        tls_client_auth_subject_dn: Some(text.to_owned()),
        ..CertificateName::default()
    };
    assert_eq!(put(certificate, of_host("a.example.jp")), Ok(()));
    assert_eq!(put(certificate, subject(SUBJECT)), Ok(()));
    let both = CertificateName {
        tls_client_auth_san_ip: "192.0.2.5".parse().ok(),
        ..of_host("a.example.jp")
    };
    for (method, wrong) in [
        (certificate, CertificateName::default()),
        (certificate, both),
        (certificate, of_host("*.example.jp")),
        (certificate, of_host("")),
        (certificate, subject("")),
        (certificate, subject("北浜ケーブル㈱")),
        (AuthMethod::ClientSecretBasic, of_host("a.example.jp")),
    ] {
        assert_eq!(put(method, wrong.clone()), Err("client.certificate_name"), "{wrong:?}");
    }
}
