//! Normalization of paths.

use axum::http::Uri;

/// `uri` with its path as the shop's routes are written: unreserved characters plain
/// ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2)), and no slash at its end.
#[must_use]
pub fn normal(uri: &Uri) -> Uri {
    let path = decoded(uri.path());
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(&path);
    if path == uri.path() {
        return uri.clone();
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    // A path stays valid when encoded characters become plain ones.
    Uri::try_from(format!("{path}{query}")).unwrap_or_else(|_| uri.clone())
}

fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| match unreserved(part) {
        Some(plain) => format!("{path}{plain}{}", &part[2..]),
        None => format!("{path}%{part}"),
    })
}

/// The character that the two hexadecimal digits at the beginning of `text` stand for, if it is
/// unreserved.
fn unreserved(text: &str) -> Option<char> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let plain = char::from(u8::from_str_radix(digits, 16).ok()?);
    (plain.is_ascii_alphanumeric() || "-._~".contains(plain)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalent_paths_are_normalized_to_one() {
        for (path, expected) in [
            ("/api/orders/a", "/api/orders/a"),
            ("/api/orders/%61", "/api/orders/a"),
            ("/%61pi/orders/a%2Db/", "/api/orders/a-b"),
            ("/api/orders/?x=%61", "/api/orders?x=%61"),
            ("/", "/"),
            ("/api/orders/a%2Fb", "/api/orders/a%2Fb"),
            ("/api/orders/%FF", "/api/orders/%FF"),
            ("/api/orders/%2", "/api/orders/%2"),
            ("/api/orders/%+1", "/api/orders/%+1"),
            ("/api/orders/%2561", "/api/orders/%2561"),
            ("//", "/"),
        ] {
            assert_eq!(normal(&path.parse().unwrap()).to_string(), expected);
        }
    }
}
