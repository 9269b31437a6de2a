//! A caller of the running program, who trusts its authority and has a token.

use crate::key_vault::program::{HEADER, Program};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder};
use serde_json::{Value, json};
use std::fs;

/// What a token is asked for with.
pub(crate) const TOKEN_PATH: &str =
    "/msi/token?resource=https%3A%2F%2Fvault.azure.net&api-version=2019-08-01";

pub(crate) struct Caller {
    pub(crate) program: Program,
    pub(crate) http: Client,
    pub(crate) token: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// A client that trusts the program's authority alone.
pub(crate) fn client(program: &Program) -> ClientBuilder {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = fs::read(program.authority()).expect("the certificate is written");
    let authority = Certificate::from_pem(&authority).expect("the certificate is PEM");
    Client::builder().no_proxy().tls_certs_only([authority])
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the program answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.expect("the answer is read");
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer { status, headers, body }
}

impl Answer {
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.text("/error/code"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| HeaderValue::to_str(value).ok()).unwrap_or_default()
    }
}

impl Caller {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let program = Program::start(arguments).await;
        let http = client(&program).build().expect("the client is sound");
        let mut caller = Self { program, http, token: String::new() };
        let answer = caller.ask(TOKEN_PATH, Some(HEADER)).await;
        answer.text("/access_token").clone_into(&mut caller.token);
        caller
    }

    /// A request to the vault, without a token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("https://{}{path}", self.program.vault))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path).bearer_auth(&self.token)).await
    }

    pub(crate) async fn put(&self, name: &str, body: &Value) -> Answer {
        let path = format!("/secrets/{name}?api-version=7.6");
        send(self.request(Method::PUT, &path).bearer_auth(&self.token).json(body)).await
    }

    /// Sets a secret, which must succeed; its version.
    pub(crate) async fn set(&self, name: &str, value: &str) -> String {
        let answer = self.put(name, &json!({"value": value})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let (_, version) = answer.text("/id").rsplit_once('/').expect("the id names the version");
        version.to_owned()
    }

    /// Asks for a token.
    pub(crate) async fn ask(&self, path: &str, header: Option<&str>) -> Answer {
        let request = self.http.get(format!("http://{}{path}", self.program.identity));
        send(match header {
            Some(header) => request.header("X-IDENTITY-HEADER", header),
            None => request,
        })
        .await
    }

    /// Reads a control path.
    pub(crate) async fn control(&self, path: &str) -> Answer {
        send(self.http.get(format!("http://{}{path}", self.program.identity))).await
    }

    pub(crate) async fn set_by_operator(&self, name: &str, secret: &Value) -> Answer {
        let url = format!("http://{}/control/secrets/{name}", self.program.identity);
        send(self.http.put(url).json(secret)).await
    }

    pub(crate) async fn clear_faults(&self) -> Answer {
        send(self.http.delete(format!("http://{}/control/faults", self.program.identity))).await
    }

    pub(crate) async fn fault(&self, plan: &Value) -> Answer {
        let url = format!("http://{}/control/faults", self.program.identity);
        send(self.http.put(url).json(plan)).await
    }
}
