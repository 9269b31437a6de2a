//! Authentication of callers by their bearer tokens.

use super::{Kind, Problem};
use crate::domain::caller::{Caller, Scope};
use crate::ports::{TokenError, Tokens};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Passes on a request whose token is valid for `scope`, with the caller that it names.
pub(super) async fn authorize<T: Tokens>(
    State((tokens, scope)): State<(T, Scope)>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller(&tokens, scope, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn caller(
    tokens: &impl Tokens,
    scope: Scope,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    let token = bearer(headers)?;
    let caller = tokens.caller(token).await.map_err(|error| match error {
        TokenError::Invalid(why) => invalid(why),
        TokenError::Failed(failure) => failure.into(),
    })?;
    if caller.may(scope) { Ok(caller) } else { Err(out_of_scope(scope)) }
}

/// The token of a request ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = shown.next() else {
        let detail = "send a bearer token in the header Authorization";
        return Err(Problem::new(Kind::NoToken, detail).challenging("Bearer"));
    };
    if shown.next().is_some() {
        return Err(Problem::invalid("authorization", "must be sent once"));
    }
    let (scheme, token) = first.to_str().ok().and_then(|it| it.split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(Problem::new(Kind::NoToken, "the header Authorization must be: Bearer, then a token")
            .challenging("Bearer"))
    }
}

fn invalid(why: &str) -> Problem {
    let challenge = format!(r#"Bearer error="invalid_token", error_description="the token {why}""#);
    Problem::new(Kind::InvalidToken, format!("the token {why}")).challenging(&challenge)
}

fn out_of_scope(scope: Scope) -> Problem {
    let name = scope.name();
    let challenge = format!(r#"Bearer error="insufficient_scope", scope="{name}""#);
    let detail = format!("the token must have the scope {name}");
    Problem::new(Kind::MissingScope, detail).challenging(&challenge)
}

impl Problem {
    /// Adds the challenge that says how to authenticate
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)).
    fn challenging(self, challenge: &str) -> Self {
        let challenge = HeaderValue::try_from(challenge).expect("a challenge is visible ASCII");
        self.with_header(header::WWW_AUTHENTICATE, challenge)
    }
}
