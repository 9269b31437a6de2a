//! The running program, and its SMTP and HTTP clients.

use crate::support::{self, ApiResponse, Running, TIMEOUT};
use lettre::{Message, SmtpTransport, Transport};
use stand_in::mail::{FaultPlan, Mail};
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

pub(crate) struct Program {
    pub(crate) running: Running,
    pub(crate) smtp: SocketAddr,
    pub(crate) http: SocketAddr,
}

/// A client that sends raw SMTP.
pub(crate) struct SmtpClient(BufReader<TcpStream>);

pub(crate) fn command() -> Command {
    support::stand_in("mail")
}

impl Program {
    pub(crate) async fn start() -> Self {
        let arguments = ["--smtp-port", "0", "--http-port", "0"];
        let running = Running::start(command().args(arguments)).await;
        let [smtp, http] = ["smtp_address", "http_address"].map(|name| running.address(name));
        Self { running, smtp, http }
    }

    /// Sends a mail with a mail library.
    pub(crate) async fn send(&self, mail: Message) -> Result<(), lettre::transport::smtp::Error> {
        let server = SmtpTransport::builder_dangerous(self.smtp.ip().to_string());
        let transport = server.port(self.smtp.port()).timeout(Some(TIMEOUT)).build();
        let sent = tokio::task::spawn_blocking(move || transport.send(&mail));
        sent.await.expect("the client does not panic").map(|_| ())
    }

    pub(crate) async fn connect(&self) -> SmtpClient {
        let stream = TcpStream::connect(self.smtp).await.expect("SMTP is served");
        let mut client = SmtpClient(BufReader::new(stream));
        assert!(client.reply().await.starts_with("220 "));
        client
    }

    /// Sends a mail from `a@x.org` in raw SMTP.
    pub(crate) async fn deliver(&self, to: &str, raw: &str) {
        let mut client = self.connect().await;
        client.begin_mail("a@x.org", to).await;
        assert!(client.command("DATA").await.starts_with("354 "));
        assert!(client.command(&format!("{raw}\r\n.")).await.starts_with("250 "));
        assert!(client.command("QUIT").await.starts_with("221 "));
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> ApiResponse {
        support::call(self.http, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        self.call("GET", path, "").await
    }

    /// The mails, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        serde_json::from_value(self.get("/api/mails").await.body).expect("the response is mails")
    }

    pub(crate) async fn fault(&self, plan: FaultPlan) {
        let json = serde_json::to_string(&plan).expect("a plan is JSON");
        let answer = self.call("PUT", "/control/faults", &json).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }
}

impl SmtpClient {
    /// Sends a line, and returns the reply.
    pub(crate) async fn command(&mut self, line: &str) -> String {
        self.send(line).await;
        self.reply().await
    }

    pub(crate) async fn send(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.0.get_mut().write_all(line.as_bytes()).await.expect("the line is read");
    }

    /// The last line of a reply; empty once the connection is closed.
    pub(crate) async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = timeout(TIMEOUT, self.0.read_line(&mut line));
            read.await.expect("a reply in time").expect("the reply is readable");
            if line.get(3..4) != Some("-") {
                return line;
            }
        }
    }

    /// Sends `EHLO` and the envelope of a mail.
    pub(crate) async fn begin_mail(&mut self, from: &str, to: &str) {
        for line in ["EHLO me", &format!("MAIL FROM:<{from}>"), &format!("RCPT TO:<{to}>")] {
            let reply = self.command(line).await;
            assert!(reply.starts_with("250 "), "{line}: {reply}");
        }
    }
}
