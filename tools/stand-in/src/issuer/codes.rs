//! Authorization codes: each is valid once, for a minute
//! ([RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1)).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The lifetime of a code.
const LASTS: Duration = Duration::from_mins(1);

/// The most codes that are stored; one more replaces the oldest.
const MAX_CODES: usize = 1_000;

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) redirect: String,
    /// The base64 of the hash of the verifier.
    pub(crate) challenge: String,
    pub(crate) subject: String,
    pub(crate) scope: String,
}

/// What a client sends with the code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof<'a> {
    pub(crate) client: &'a str,
    pub(crate) redirect: &'a str,
    pub(crate) verifier: &'a str,
}

/// The codes that have not been redeemed.
#[derive(Debug, Default)]
pub(crate) struct Codes(VecDeque<(String, Instant, Grant)>);

impl Codes {
    /// A code for `grant`.
    #[expect(clippy::disallowed_methods, reason = "a code must be random from its first digit on")]
    pub(crate) fn issue(&mut self, grant: Grant) -> String {
        self.0.truncate(MAX_CODES - 1);
        let code = Uuid::new_v4().simple().to_string();
        self.0.push_front((code.clone(), Instant::now(), grant));
        code
    }

    /// The grant of `code`, if it is valid and `proof` matches. It cannot be redeemed again, either way.
    pub(crate) fn redeem(&mut self, code: &str, proof: Proof<'_>) -> Option<Grant> {
        let at = self.0.iter().position(|(known, ..)| known == code)?;
        let (_, issued, grant) = self.0.remove(at)?;
        let hashed = URL_SAFE_NO_PAD.encode(digest(&SHA256, proof.verifier.as_bytes()));
        let proven = is_verifier(proof.verifier)
            && bool::from(hashed.as_bytes().ct_eq(grant.challenge.as_bytes()));
        let same = grant.client == proof.client && grant.redirect == proof.redirect;
        (proven && same && issued.elapsed() < LASTS).then_some(grant)
    }
}

/// 43 to 128 unreserved characters ([RFC 7636 §4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1)).
fn is_verifier(text: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of [RFC 7636, appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B).
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const GOOD: Proof<'_> =
        Proof { client: "page", redirect: "http://127.0.0.1/a", verifier: VERIFIER };

    fn grant() -> Grant {
        Grant {
            client: "page".to_owned(),
            redirect: "http://127.0.0.1/a".to_owned(),
            challenge: CHALLENGE.to_owned(),
            subject: "ann".to_owned(),
            scope: "orders".to_owned(),
        }
    }

    #[test]
    fn a_code_is_redeemed_once_by_the_client_that_it_was_issued_to() {
        let mut codes = Codes::default();
        let code = codes.issue(grant());
        assert_eq!(codes.redeem(&code, GOOD), Some(grant()));
        assert_eq!(codes.redeem(&code, GOOD), None);
        let other = VERIFIER.replace('d', "e");
        for wrong in [
            Proof { client: "other", ..GOOD },
            Proof { redirect: "http://127.0.0.1/b", ..GOOD },
            Proof { verifier: &other, ..GOOD },
            Proof { verifier: "short", ..GOOD },
        ] {
            let code = codes.issue(grant());
            assert_eq!(codes.redeem(&code, wrong), None, "{wrong:?}");
            assert_eq!(codes.redeem(&code, GOOD), None, "an attempt invalidates it");
        }
    }

    #[test]
    fn the_oldest_of_too_many_codes_is_removed() {
        let mut codes = Codes::default();
        let first = codes.issue(grant());
        let second = codes.issue(grant());
        for _ in 0..MAX_CODES - 1 {
            codes.issue(grant());
        }
        assert_eq!(codes.redeem(&first, GOOD), None);
        assert!(codes.redeem(&second, GOOD).is_some());
    }
}
