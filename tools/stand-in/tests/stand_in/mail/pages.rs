//! The pages: what they show, and that no script of a mail runs in them.

use crate::mail::support::Program;
use crate::support::assert_runs_nothing;

#[tokio::test]
async fn the_list_shows_the_newest_mail_first() {
    let program = Program::start().await;
    let empty = program.get("/").await;
    assert_eq!(empty.status, 200);
    assert!(empty.page().contains("No mail yet"), "{}", empty.page());
    program.deliver("ann@x.org", "Subject: first\r\n\r\n").await;
    program.deliver("bob@x.org", "X: y\r\n\r\n").await;
    let answer = program.get("/").await;
    let body = answer.page();
    let at = |part: &str| body.find(part).unwrap_or_else(|| panic!("{part} is not in {body}"));
    assert!(at("/mails/2") < at("(no subject)") && at("(no subject)") < at("/mails/1"));
    assert!(at("bob@x.org") < at("ann@x.org"));
    assert!(body.contains("2 mails"), "{body}");
}

#[tokio::test]
async fn a_long_list_shows_two_hundred_and_says_so() {
    let program = Program::start().await;
    let mut client = program.connect().await;
    for _ in 0..201 {
        client.begin_mail("a@x.org", "b@x.org").await;
        client.command("DATA").await;
        client.command(".").await;
    }
    let answer = program.get("/").await;
    let body = answer.page();
    assert_eq!(body.matches("<li>").count(), 200);
    assert!(body.contains("The newest 200 are shown"), "{body}");
}

#[tokio::test]
async fn no_markup_of_a_mail_becomes_markup_of_a_page() {
    let program = Program::start().await;
    let raw = "From: <script>from()</script> <a@x.org>\r\nSubject: <script>subject()</script>\r\n\
               X-Name: \"><script>header()</script>\r\nContent-Type: multipart/alternative; \
               boundary=b\r\n\r\n--b\r\n\r\n</pre><script>text()</script>\r\n--b\r\n\
               Content-Type: text/html\r\n\r\n\"><script>html()</script>\r\n--b--\r\n";
    program.deliver("b@x.org", raw).await;
    for path in ["/", "/mails/1", "/mails/%3Cscript%3Eid()"] {
        let answer = program.get(path).await;
        assert_runs_nothing(&answer);
    }
    let answer = program.get("/mails/1").await;
    let page = answer.page();
    assert!(page.contains(r#"sandbox="" srcdoc="&#34;&#62;&#60;script&#62;html()"#), "{page}");
    for part in ["from()", "subject()", "header()", "text()"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn an_unknown_mail_gets_a_404_page() {
    let program = Program::start().await;
    let answer = program.get("/mails/7").await;
    assert_eq!(answer.status, 404);
    assert!(answer.page().contains("There is no mail 7"), "{}", answer.page());
}
