//! The running program, and callers that speak SMTP and HTTP with it.

use crate::support::{self, Answer, PATIENCE, Running};
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

/// A conversation in raw SMTP.
pub(crate) struct Talk(BufReader<TcpStream>);

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

    /// Sends a mail as an ordinary client does.
    pub(crate) async fn send(&self, mail: Message) -> Result<(), lettre::transport::smtp::Error> {
        let server = SmtpTransport::builder_dangerous(self.smtp.ip().to_string());
        let transport = server.port(self.smtp.port()).timeout(Some(PATIENCE)).build();
        let sent = tokio::task::spawn_blocking(move || transport.send(&mail));
        sent.await.expect("the client does not panic").map(|_| ())
    }

    pub(crate) async fn talk(&self) -> Talk {
        let stream = TcpStream::connect(self.smtp).await.expect("SMTP is served");
        let mut talk = Talk(BufReader::new(stream));
        assert!(talk.hear().await.starts_with("220 "));
        talk
    }

    /// Sends a mail from `a@x.org` in raw SMTP.
    pub(crate) async fn deliver(&self, to: &str, raw: &str) {
        let mut talk = self.talk().await;
        talk.address("a@x.org", to).await;
        assert!(talk.say("DATA").await.starts_with("354 "));
        assert!(talk.say(&format!("{raw}\r\n.")).await.starts_with("250 "));
        assert!(talk.say("QUIT").await.starts_with("221 "));
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> Answer {
        support::call(self.http, method, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "").await
    }

    /// The mails, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        serde_json::from_value(self.get("/api/mails").await.json()).expect("the answer is mails")
    }

    pub(crate) async fn fault(&self, plan: FaultPlan) {
        let json = serde_json::to_string(&plan).expect("a plan is JSON");
        let answer = self.call("PUT", "/control/faults", &json).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
    }
}

impl Talk {
    /// Sends a line; the answer to it.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.send(line).await;
        self.hear().await
    }

    pub(crate) async fn send(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.0.get_mut().write_all(line.as_bytes()).await.expect("the line is read");
    }

    /// An answer's last line; empty once the connection is closed.
    pub(crate) async fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.0.read_line(&mut line));
            read.await.expect("an answer in time").expect("the answer is readable");
            if line.get(3..4) != Some("-") {
                return line;
            }
        }
    }

    pub(crate) async fn address(&mut self, from: &str, to: &str) {
        for line in ["EHLO me", &format!("MAIL FROM:<{from}>"), &format!("RCPT TO:<{to}>")] {
            let answer = self.say(line).await;
            assert!(answer.starts_with("250 "), "{line}: {answer}");
        }
    }
}
