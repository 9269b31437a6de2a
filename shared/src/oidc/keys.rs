//! The keys that an issuer publishes ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// The most keys that are read of an issuer.
const MAX_KEYS: usize = 64;

/// The minimum length of an RSA modulus: 2048 bits.
const MIN_RSA_BYTES: usize = 256;

/// A key that verifies tokens, and its algorithm.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// The document in which keys are published. An unusable key does not invalidate the others.
#[derive(Debug, Deserialize)]
pub(super) struct KeySet {
    keys: Vec<Value>,
}

impl KeySet {
    /// The keys that verify tokens, by their ids.
    pub(super) fn signing(self) -> HashMap<String, Key> {
        let keys = self.keys.into_iter().take(MAX_KEYS);
        keys.filter_map(|key| signing(&serde_json::from_value(key).ok()?)).collect()
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "other algorithms are not accepted")]
fn signing(jwk: &Jwk) -> Option<(String, Key)> {
    let common = &jwk.common;
    let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        _ => return None,
    };
    let decoding = DecodingKey::from_jwk(jwk).ok()?;
    let strong = match decoding.kind() {
        DecodingKeyKind::RsaModulusExponent { n, .. } => n.len() >= MIN_RSA_BYTES,
        DecodingKeyKind::SecretOrDer(_) => true,
    };
    let fits = common.key_algorithm.is_none_or(|algorithm| algorithm == name);
    let kid = common.key_id.clone().filter(|_| signs && strong && fits)?;
    Some((kid, Key { algorithm, decoding }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_strong_keys_of_known_algorithms_are_accepted() {
        let ec = json!({"kty": "EC", "crv": "P-256", "kid": "a", "x": "AA", "y": "AA"});
        let with = |name: &str, value: Value| {
            let mut key = ec.clone();
            key[name] = value;
            key
        };
        let short = json!({"kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB"});
        let secret = json!({"kty": "oct", "kid": "secret", "k": "AA"});
        let mut nameless = ec.clone();
        nameless.as_object_mut().unwrap().remove("kid");
        let keys = vec![
            json!("nonsense"),
            short,
            secret,
            nameless,
            with("use", json!("enc")),
            with("crv", json!("P-384")),
            with("alg", json!("ES384")),
        ];
        assert!(KeySet { keys }.signing().is_empty());
        for key in [ec.clone(), with("use", json!("sig")), with("alg", json!("ES256"))] {
            let known = KeySet { keys: vec![key] }.signing();
            assert_eq!(known["a"].algorithm, Algorithm::ES256);
        }
    }
}
