//! Texts that are part of the program, served with their `ETag`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use std::borrow::Cow;
use std::sync::Arc;

/// A text that stays the same while the process lives.
#[derive(Debug, Clone)]
pub struct Embedded(Arc<Served>);

#[derive(Debug)]
struct Served {
    text: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
    tag: HeaderValue,
}

impl Embedded {
    /// A text of a media type, which clients cache as `cached` says (`Cache-Control`).
    ///
    /// # Panics
    /// Never: a digest is visible ASCII.
    #[must_use]
    pub fn new(
        text: impl Into<Cow<'static, str>>,
        kind: &'static str,
        cached: &'static str,
    ) -> Self {
        let text = text.into();
        let digest = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()));
        let tag = HeaderValue::try_from(format!("\"{digest}\"")).expect("it is visible ASCII");
        let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cached)];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self(Arc::new(Served { text, headers: headers.into(), tag }))
    }

    /// The same with more headers.
    #[must_use]
    pub fn with(self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        let Served { text, headers: known, tag } = &*self.0;
        let headers = known.iter().cloned().chain(headers).collect();
        Self(Arc::new(Served { text: text.clone(), headers, tag: tag.clone() }))
    }

    /// The answer to a request with the headers `asked`: 304 when its client has the text.
    #[must_use]
    pub fn answer(&self, asked: &HeaderMap) -> Response {
        let Served { text, headers, tag } = &*self.0;
        let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| self.is_among(tags));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            text.clone().into_response()
        };
        let answered = response.headers_mut();
        answered.insert(header::ETAG, tag.clone());
        for (name, value) in headers {
            answered.insert(name, value.clone());
        }
        response
    }

    /// Weak comparison suffices here
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
    fn is_among(&self, tags: &HeaderValue) -> bool {
        let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
        tags.any(|tag| tag == "*" || self.0.tag == tag.trim_start_matches("W/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(asked: &[&'static str]) -> Response {
        let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        let served = Embedded::new("a text", "text/plain", "no-cache").with([policy]);
        let tag = |tag: &&'static str| (header::IF_NONE_MATCH, HeaderValue::from_static(tag));
        served.answer(&asked.iter().map(tag).collect())
    }

    #[test]
    fn a_text_is_served_unless_the_client_has_it() {
        let first = answer(&[]);
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        let tag: &'static str = tag.leak();
        let weak: &'static str = format!("\"other\", W/{tag}").leak();
        for asked in [&[tag][..], &[weak], &["*"], &["\"other\"", tag]] {
            let known = answer(asked);
            assert_eq!(known.status(), 304);
            assert_eq!(known.headers()["etag"], tag);
        }
        assert_eq!(answer(&["\"other\""]).status(), 200);
    }

    #[test]
    fn each_header_is_sent_once() {
        for asked in [&[][..], &["*"]] {
            let answered = answer(asked);
            for (name, value) in [
                ("content-type", "text/plain"),
                ("cache-control", "no-cache"),
                ("content-security-policy", "sandbox"),
            ] {
                let sent: Vec<_> = answered.headers().get_all(name).iter().collect();
                assert_eq!(sent, [value]);
            }
        }
    }
}
