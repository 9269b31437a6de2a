//! The keys that sign tokens.

use crate::failure::Failure;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::error::Unspecified;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Map, Value, json};
use std::io;

/// A key, and how many there were before it, plus one.
struct SigningKey {
    number: u64,
    pair: EcdsaKeyPair,
}

/// The key that signs, and the one before.
pub(crate) struct Keys {
    current: SigningKey,
    previous: Option<SigningKey>,
}

impl Keys {
    /// A new key and no previous one.
    pub(crate) fn fresh() -> Result<Self, Failure> {
        let current =
            SigningKey::fresh(1).map_err(|_| io::Error::other("no random numbers are available"));
        let current = current.map_err(Failure::to("make a key"))?;
        Ok(Self { current, previous: None })
    }

    /// Signs with a new key from now on, and returns its id.
    pub(crate) fn rotate(&mut self) -> Result<String, Unspecified> {
        let fresh = SigningKey::fresh(self.current.number + 1)?;
        let id = fresh.id();
        self.previous = Some(std::mem::replace(&mut self.current, fresh));
        Ok(id)
    }

    /// The keys as JWKS ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).
    pub(crate) fn published(&self) -> Value {
        let keys: Vec<_> =
            self.previous.iter().chain([&self.current]).map(SigningKey::jwk).collect();
        json!({ "keys": keys })
    }

    /// A signed token with these claims ([RFC 9068](https://www.rfc-editor.org/rfc/rfc9068)); `header`
    /// overrides members of its header. With the algorithm HS256 it is one that anyone can forge: signed
    /// with the published key as the secret
    /// ([RFC 8725](https://www.rfc-editor.org/rfc/rfc8725#section-2.1)).
    pub(crate) fn sign(
        &self,
        header: &Map<String, Value>,
        claims: &Value,
    ) -> Result<String, Unspecified> {
        let mut all = json!({"alg": "ES256", "typ": "at+jwt", "kid": self.current.id()});
        all.as_object_mut().ok_or(Unspecified)?.extend(header.clone());
        let message = format!("{}.{}", encoded(all.to_string()), encoded(claims.to_string()));
        let signature = match all["alg"].as_str() {
            Some("HS256") => self.current.forge(message.as_bytes()),
            _ => self.current.sign(message.as_bytes())?,
        };
        Ok(format!("{message}.{signature}"))
    }
}

impl SigningKey {
    fn fresh(number: u64) -> Result<Self, Unspecified> {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random);
        Ok(Self { number, pair: pair.map_err(|_| Unspecified)? })
    }

    fn sign(&self, message: &[u8]) -> Result<String, Unspecified> {
        self.pair.sign(&SystemRandom::new(), message).map(encoded)
    }

    /// A signature by HMAC, whose secret is the public key.
    fn forge(&self, message: &[u8]) -> String {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.pair.public_key().as_ref());
        encoded(hmac::sign(&secret, message))
    }

    fn id(&self) -> String {
        // Keys of different processes have different ids.
        let public = encoded(self.pair.public_key());
        format!("{}-{}", self.number, &public[public.len() - 8..])
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.id(), "x": encoded(x), "y": encoded(y),
        })
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
