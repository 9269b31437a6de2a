//! The SMTP server: its connections, their bounds, and their faults.

use crate::connections::accept;
use crate::mail::faults::{FaultKind, Moment};
use crate::mail::message::Envelope;
use crate::mail::session::{ACCEPTED, Action, GREETING, IDLE, Session};
use crate::mail::sink::Sink;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// How many connections are served at once; further ones wait to be accepted.
pub const MAX_CONNECTIONS: usize = 256;

/// How long a peer may be silent, or leave a reply unread, by RFC 5321, 4.5.3.2.7.
pub const IDLE_TIMEOUT: Duration = Duration::from_mins(5);

/// The size of the read buffer, in bytes.
const READ_BYTES: usize = 8 * 1024;

/// Stores the mails that arrive at `listener` in `sink`, until it is cancelled.
///
/// # Errors
///
/// The listener fails.
pub(crate) async fn serve_smtp(listener: TcpListener, sink: Sink) -> io::Result<()> {
    let serve = |stream| {
        let sink = sink.clone();
        async move { serve_peer(stream, &sink).await }
    };
    accept(listener, MAX_CONNECTIONS, serve).await
}

/// Serves a peer until either side closes.
async fn serve_peer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    sink: &Sink,
) -> io::Result<()> {
    let mut session = Session::new(sink.clone());
    let mut input = vec![0; READ_BYTES];
    say(&mut stream, GREETING).await?;
    loop {
        let Ok(read) = timeout(IDLE_TIMEOUT, stream.read(&mut input)).await else {
            return say(&mut stream, IDLE).await;
        };
        let length = read?;
        if length == 0 {
            return Ok(());
        }
        let mut bytes = input[..length].iter();
        loop {
            match session.take(&mut bytes) {
                Action::Read => break,
                Action::Reply(text) => say(&mut stream, &text).await?,
                Action::Close(text) => return say(&mut stream, text).await,
                Action::Store(envelope, raw) => match store(sink, envelope, &raw).await {
                    Some(reply) => say(&mut stream, reply).await?,
                    None => return Ok(()),
                },
            }
        }
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    let line = format!("{text}\r\n");
    timeout(IDLE_TIMEOUT, stream.write_all(line.as_bytes())).await?
}

/// Stores a mail and returns the reply, or None when a fault drops it.
async fn store(sink: &Sink, envelope: Envelope, raw: &[u8]) -> Option<&'static str> {
    let mut injected = sink.inject(Moment::End);
    if let Some(injected) = &mut injected {
        injected.stall().await;
    }
    sink.store(envelope, raw);
    let is_dropped = injected.is_some_and(|injected| injected.fault == FaultKind::Drop);
    if is_dropped { None } else { Some(ACCEPTED) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::faults::FaultPlan;
    use tokio::io::{AsyncBufReadExt, BufReader, duplex};
    use tokio::time::Instant;

    const MAIL: &[u8] = b"MAIL FROM:<a@x.org>\r\nRCPT TO:<b@x.org>\r\nDATA\r\nHi\r\n.\r\nQUIT\r\n";

    /// The replies to `input`, from the greeting to the close.
    async fn talk(sink: &Sink, input: &[u8]) -> String {
        let (mut peer, stream) = duplex(READ_BYTES);
        let mut replies = String::new();
        let (ended, _) = tokio::join!(serve_peer(stream, sink), async {
            peer.write_all(input).await.unwrap();
            peer.read_to_string(&mut replies).await.unwrap()
        });
        ended.unwrap();
        replies
    }

    fn sink_with(plan: FaultPlan) -> Sink {
        let sink = Sink::default();
        sink.faults().set(plan).unwrap();
        sink
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_gets_a_reply_and_its_connection_closes() {
        let start = Instant::now();
        let replies = talk(&Sink::default(), b"NOOP\r\nMAIL FR").await;
        assert!(replies.ends_with(&format!("{IDLE}\r\n")), "{replies}");
        assert_eq!(start.elapsed(), IDLE_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_of_a_peer_that_reads_no_reply_closes() {
        let (mut peer, stream) = duplex(16);
        let sink = Sink::default();
        let (ended, _) = tokio::join!(serve_peer(stream, &sink), peer.write_all(&[b'\n'; 64]));
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_mail_waits_and_is_then_stored_and_accepted() {
        let sink = sink_with(FaultPlan::next(1, FaultKind::Stall).for_ms(60_000));
        let start = Instant::now();
        assert!(talk(&sink, MAIL).await.contains(ACCEPTED));
        assert_eq!(start.elapsed(), Duration::from_mins(1));
        assert!(talk(&sink, MAIL).await.contains(ACCEPTED));
        assert_eq!(start.elapsed(), Duration::from_mins(1));
        assert_eq!(sink.mailbox().mails().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_mail_is_stored_although_its_sender_has_disconnected() {
        let sink = sink_with(FaultPlan::next(1, FaultKind::Stall).for_ms(60_000));
        let (mut peer, stream) = duplex(READ_BYTES);
        let talk = tokio::spawn({
            let sink = sink.clone();
            async move { serve_peer(stream, &sink).await }
        });
        peer.write_all(MAIL).await.unwrap();
        let mut replies = BufReader::new(peer).lines();
        while !replies.next_line().await.unwrap().unwrap().starts_with("354") {}
        drop(replies);
        assert_eq!(sink.mailbox().mails().len(), 0);
        assert!(talk.await.unwrap().is_err());
        assert_eq!(sink.mailbox().mails().len(), 1);
    }

    #[tokio::test]
    async fn a_dropped_mail_is_stored_without_a_reply() {
        let sink = sink_with(FaultPlan::next(1, FaultKind::Drop));
        let replies = talk(&sink, MAIL).await;
        assert!(replies.ends_with("<CRLF>.<CRLF>\r\n"), "{replies}");
        assert_eq!(sink.mailbox().mails().len(), 1);
        assert!(talk(&sink, MAIL).await.ends_with("221 Bye\r\n"));
    }
}
