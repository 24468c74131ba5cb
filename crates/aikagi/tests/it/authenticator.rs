//! An authenticator made of a key pair and a counter, with a browser that can be told to lie.
//!
//! Source: Web Authentication Level 3 §6.1 (authenticator data), §5.8.1 (client data), §8.7 (`none`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::viewers::BASE;

const PRESENT_AND_VERIFIED: u8 = 0x05;
const WITH_CREDENTIAL: u8 = 0x40;

/// A passkey in a telephone, and what the telephone says of where it is used.
pub struct Authenticator {
    key: KeyPair,
    pub credential: Vec<u8>,
    pub user_handle: String,
    pub counter: u32,
    pub origin: String,
    pub rp_id: String,
    pub flags: u8,
}

impl Authenticator {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let credential = Sha256::digest(key.der_bytes()).to_vec();
        Self {
            key,
            credential,
            user_handle: String::new(),
            counter: 1,
            origin: BASE.to_owned(),
            rp_id: "id.example.jp".to_owned(),
            flags: PRESENT_AND_VERIFIED,
        }
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, asked: &Json) -> Vec<u8> {
        let said = json!({
            "type": kind,
            "challenge": asked["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        });
        said.to_string().into_bytes()
    }

    /// Makes the passkey that is asked for.
    pub fn create(&mut self, asked: &Json) -> String {
        asked["user"]["id"].as_str().unwrap().clone_into(&mut self.user_handle);
        let mut data = self.data(self.flags | WITH_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential.len()).unwrap().to_be_bytes());
        data.extend(&self.credential);
        let point = self.key.der_bytes();
        let (x, y) = point[1..].split_at(32);
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(x);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(y);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        self.answer(&json!({
            "clientDataJSON": encoded(&self.client_data("webauthn.create", asked)),
            "attestationObject": encoded(&object),
            "transports": ["internal"],
        }))
    }

    /// Signs what is asked; each use counts.
    pub fn get(&mut self, asked: &Json) -> String {
        self.counter += 1;
        let (data, client) = (self.data(self.flags), self.client_data("webauthn.get", asked));
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        self.answer(&json!({
            "clientDataJSON": encoded(&client),
            "authenticatorData": encoded(&data),
            "signature": encoded(&self.key.sign(&signed).unwrap()),
            "userHandle": self.user_handle,
        }))
    }

    fn answer(&self, response: &Json) -> String {
        let id = encoded(&self.credential);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        })
        .to_string()
    }
}

pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
