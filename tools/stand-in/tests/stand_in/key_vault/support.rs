//! A caller of the program with a token, which trusts its authority.

use crate::key_vault::program::{HEADER, Program};
use crate::support::{self, ApiResponse};
use reqwest::{Certificate, Client, ClientBuilder, Method, RequestBuilder};
use serde_json::{Value, json};
use std::fs;

/// A request for a token.
pub(crate) const TOKEN_PATH: &str =
    "/msi/token?resource=https%3A%2F%2Fvault.azure.net&api-version=2019-08-01";

pub(crate) struct Caller {
    pub(crate) program: Program,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// A client that trusts only the program's authority.
pub(crate) fn client(program: &Program) -> ClientBuilder {
    let authority = fs::read(program.authority()).expect("the certificate is written");
    let authority = Certificate::from_pem(&authority).expect("the certificate is PEM");
    support::client().tls_certs_only([authority])
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

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        ApiResponse::to(self.request(Method::GET, path).bearer_auth(&self.token)).await
    }

    pub(crate) async fn put(&self, name: &str, body: &Value) -> ApiResponse {
        let path = format!("/secrets/{name}?api-version=7.6");
        ApiResponse::to(self.request(Method::PUT, &path).bearer_auth(&self.token).json(body)).await
    }

    /// Sets a secret, which must succeed; its version.
    pub(crate) async fn set(&self, name: &str, value: &str) -> String {
        let answer = self.put(name, &json!({"value": value})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let (_, version) = answer.text("/id").rsplit_once('/').expect("the id names the version");
        version.to_owned()
    }

    /// Asks for a token.
    pub(crate) async fn ask(&self, path: &str, header: Option<&str>) -> ApiResponse {
        let request = self.http.get(format!("http://{}{path}", self.program.identity));
        ApiResponse::to(match header {
            Some(header) => request.header("X-IDENTITY-HEADER", header),
            None => request,
        })
        .await
    }

    /// Reads a control path.
    pub(crate) async fn control(&self, path: &str) -> ApiResponse {
        ApiResponse::to(self.http.get(format!("http://{}{path}", self.program.identity))).await
    }

    pub(crate) async fn set_by_operator(&self, name: &str, secret: &Value) -> ApiResponse {
        let url = format!("http://{}/control/secrets/{name}", self.program.identity);
        ApiResponse::to(self.http.put(url).json(secret)).await
    }

    pub(crate) async fn clear_faults(&self) -> ApiResponse {
        ApiResponse::to(
            self.http.delete(format!("http://{}/control/faults", self.program.identity)),
        )
        .await
    }

    pub(crate) async fn fault(&self, plan: &Value) -> ApiResponse {
        let url = format!("http://{}/control/faults", self.program.identity);
        ApiResponse::to(self.http.put(url).json(plan)).await
    }
}
