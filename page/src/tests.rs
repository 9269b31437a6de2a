//! How the page is served.

use super::*;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use std::collections::BTreeSet;
use tower::ServiceExt;

/// What all files may add up to, in bytes before compression.
const MOST_BYTES: usize = 100_000;

fn settings() -> PageSettings {
    PageSettings {
        issuer: Some("https://login.example/shop/".parse().unwrap()),
        client_id: "the \"page\"".to_owned(),
        controls: Some("http://127.0.0.1:8099/".parse().unwrap()),
        ..PageSettings::default()
    }
}

async fn get(settings: &PageSettings, path: &str, tag: &str) -> Response {
    let request = Request::get(path).header("if-none-match", tag).body(Body::empty()).unwrap();
    routes(settings).oneshot(request).await.unwrap()
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn every_view_is_the_same_shell_which_is_validated_each_time() {
    let shell = text(get(&settings(), "/", "").await).await;
    for path in ["/orders", "/orders/889bc799-28f6-5fe8-8af0-075ea1b0b2e1", "/staff"] {
        let response = get(&settings(), path, "").await;
        assert_eq!(header(&response, "cache-control"), "no-cache");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        let tag = header(&response, "etag").to_owned();
        assert_eq!(text(response).await, shell);
        assert_eq!(get(&settings(), path, &tag).await.status(), 304);
    }
    assert_eq!(get(&settings(), "/other", "").await.status(), 404);
}

#[tokio::test]
async fn the_shell_tells_the_modules_of_the_shop_and_escapes_that() {
    let shell = text(get(&settings(), "/", "").await).await;
    assert!(shell.contains(r#"data-issuer="https://login.example/shop""#), "{shell}");
    assert!(shell.contains(r#"data-client-id="the &#34;page&#34;""#), "{shell}");
    let open = text(get(&PageSettings::default(), "/", "").await).await;
    assert!(open.contains(r#"data-issuer="""#), "{open}");
}

#[tokio::test]
async fn the_shell_loads_nothing_but_its_files_which_never_change_at_their_address() {
    let shell = text(get(&settings(), "/", "").await).await;
    let loaded = |attribute: &str| -> Vec<String> {
        let values = shell.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        values.filter(|it| it.starts_with("/assets/")).map(str::to_owned).collect()
    };
    let paths = [loaded("href=\""), loaded("src=\"")].concat();
    assert_eq!(paths.len(), files().count() + 1, "{paths:?}");
    for path in &paths {
        let response = get(&settings(), path, "").await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "cache-control"), FOREVER);
        let (tag, kind) = (header(&response, "etag"), header(&response, "content-type"));
        assert!(["text/javascript", "text/css", "image/svg"].iter().any(|it| kind.starts_with(it)));
        assert_eq!(get(&settings(), path, tag).await.status(), 304, "{path}");
    }
}

#[tokio::test]
async fn a_file_of_another_version_is_served_but_not_kept() {
    let response = get(&settings(), "/assets/another/main.js", "").await;
    assert_eq!((response.status().as_u16(), header(&response, "cache-control")), (200, "no-store"));
    for path in ["/assets/another/other.js", "/assets/another/..%2Fmain.js"] {
        assert_eq!(get(&settings(), path, "").await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_policy_lets_the_page_call_the_shop_and_its_issuer_alone() {
    let response = get(&settings(), "/", "").await;
    let policy = header(&response, "content-security-policy");
    let called = "connect-src 'self' https://login.example http://127.0.0.1:8099;";
    assert!(policy.contains(called), "{policy}");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(policy.contains("require-trusted-types-for 'script'; trusted-types 'none'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
    let open = get(&PageSettings::default(), "/", "").await;
    let policy = header(&open, "content-security-policy");
    assert!(policy.contains("connect-src 'self';"), "{policy}");
}

#[test]
fn all_files_are_served_and_small() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/files");
    let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let names: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(files().map(|(name, ..)| name.to_owned()).collect::<BTreeSet<_>>(), names);
    let bytes: usize = files().map(|(_, text, _)| text.len()).sum();
    assert!(bytes < MOST_BYTES, "{bytes} bytes");
}

#[test]
fn no_file_makes_html_or_code_of_texts_or_asks_another_host() {
    let forbidden = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("];
    for (name, text, _) in files() {
        assert_eq!(forbidden.iter().find(|it| text.contains(**it)), None, "{name}");
        let hosts: Vec<_> = text.match_indices("://").map(|(at, _)| &text[at..]).collect();
        let hosts = hosts.iter().filter(|it| !it.starts_with("://www.w3.org/"));
        assert_eq!(hosts.collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
    }
}

#[test]
fn modules_are_served_without_comments_and_line_by_line_as_written() {
    let module =
        "// a\n/** b */\nc();\n/**\n * d\n */\n  /** @type {E} */ (e).f();\ng(\"//\"); // h\n";
    let served = "\n\nc();\n\n\n\n  /** @type {E} */ (e).f();\ng(\"//\"); // h\n";
    assert_eq!(without_comments(module), served);
}
