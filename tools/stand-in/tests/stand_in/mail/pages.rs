//! The pages: what they show, and that nothing of a mail runs in them.

use crate::mail::support::Program;

#[tokio::test]
async fn the_list_shows_the_newest_mail_first() {
    let program = Program::start().await;
    let empty = program.get("/").await;
    assert_eq!(empty.status, 200);
    assert!(empty.text().contains("No mail yet"), "{}", empty.text());
    program.deliver("ann@x.org", "Subject: first\r\n\r\n").await;
    program.deliver("bob@x.org", "X: y\r\n\r\n").await;
    let answer = program.get("/").await;
    let body = answer.text();
    let at = |part: &str| body.find(part).unwrap_or_else(|| panic!("{part} is not in {body}"));
    assert!(at("/mails/2") < at("(no subject)") && at("(no subject)") < at("/mails/1"));
    assert!(at("bob@x.org") < at("ann@x.org"));
    assert!(body.contains("2 mails"), "{body}");
}

#[tokio::test]
async fn a_long_list_shows_two_hundred_and_says_so() {
    let program = Program::start().await;
    let mut talk = program.talk().await;
    for _ in 0..201 {
        talk.address("a@x.org", "b@x.org").await;
        talk.say("DATA").await;
        talk.say(".").await;
    }
    let answer = program.get("/").await;
    let body = answer.text();
    assert_eq!(body.matches("<li>").count(), 200);
    assert!(body.contains("The newest 200 are shown"), "{body}");
}

#[tokio::test]
async fn nothing_of_a_mail_becomes_part_of_a_page() {
    let program = Program::start().await;
    let raw = "From: <script>from()</script> <a@x.org>\r\nSubject: <script>subject()</script>\r\n\
               X-Name: \"><script>header()</script>\r\nContent-Type: multipart/alternative; \
               boundary=b\r\n\r\n--b\r\n\r\n</pre><script>text()</script>\r\n--b\r\n\
               Content-Type: text/html\r\n\r\n\"><script>html()</script>\r\n--b--\r\n";
    program.deliver("b@x.org", raw).await;
    for path in ["/", "/mails/1", "/mails/%3Cscript%3Eid()"] {
        let answer = program.get(path).await;
        assert!(!answer.text().contains("<script"), "{path}: {}", answer.text());
        for header in ["default-src 'none'", "nosniff", "no-referrer", "text/html"] {
            assert!(answer.headers.contains(header), "{path}: {}", answer.headers);
        }
    }
    let answer = program.get("/mails/1").await;
    let page = answer.text();
    assert!(page.contains(r#"sandbox="" srcdoc="&#34;&#62;&#60;script&#62;html()"#), "{page}");
    for part in ["from()", "subject()", "header()", "text()"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn an_unknown_mail_is_a_404_page() {
    let program = Program::start().await;
    let answer = program.get("/mails/7").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("There is no mail 7"), "{}", answer.text());
}
