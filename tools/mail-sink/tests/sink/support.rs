//! The running program, and callers that speak SMTP and HTTP with it.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;

use lettre::{Message, SmtpTransport, Transport};
use mail_sink::{FaultPlan, Mail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

/// Longer than any start, stop or answer takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) stderr: Lines<BufReader<ChildStderr>>,
    pub(crate) smtp: SocketAddr,
    pub(crate) http: SocketAddr,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// A conversation in raw SMTP.
pub(crate) struct Talk(BufReader<TcpStream>);

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mail-sink"));
    command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) async fn finish(command: &mut Command) -> Output {
    timeout(PATIENCE, command.output()).await.expect("an end in time").expect("the program starts")
}

/// The address that the start line gives under `name`.
fn address(start_line: &str, name: &str) -> SocketAddr {
    let named = |field: &str| field.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
    start_line.split(' ').find_map(named).expect("the start line names both addresses")
}

impl Program {
    pub(crate) async fn start() -> Self {
        let mut command = command();
        let arguments = ["--smtp-port", "0", "--http-port", "0"];
        let mut child = command.args(arguments).spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let line = timeout(PATIENCE, stderr.next_line()).await.expect("a start line in time");
        let line = line.expect("stderr is readable").expect("a start line");
        let (smtp, http) = (address(&line, "smtp_address"), address(&line, "http_address"));
        Self { child, stderr, smtp, http }
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
        let mut stream = TcpStream::connect(self.http).await.expect("HTTP is served");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("the request is read");
        let mut response = String::new();
        let read = timeout(PATIENCE, stream.read_to_string(&mut response));
        read.await.expect("an answer in time").expect("the response is readable");
        let (headers, body) = response.split_once("\r\n\r\n").expect("the response has a body");
        let status = headers.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.expect("the response has a status");
        Answer { status, headers: headers.to_owned(), body: body.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "").await
    }

    /// The mails, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        let answer = self.get("/api/mails").await;
        serde_json::from_str(&answer.body).expect("the answer is mails")
    }

    pub(crate) async fn fault(&self, plan: FaultPlan) {
        let json = serde_json::to_string(&plan).expect("a plan is JSON");
        let answer = self.call("PUT", "/control/faults", &json).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the answer is JSON")
    }

    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().expect("the answer has an error").to_owned()
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
