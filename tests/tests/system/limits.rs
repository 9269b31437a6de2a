//! The gateway's limits: requests a minute, and requests at once.

use super::harness::trials;
use futures::stream::{FuturesUnordered, StreamExt};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    callers_and_addresses_have_allowances_of_their_own,
    reads_that_exceed_their_share_are_rejected_and_a_write_is_served,
];

const UNKNOWN: &str = "/api/orders/unknown";

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("the gateway answers")
}

/// The values of a header.
fn values<'a>(answer: &'a Response, name: &str) -> Vec<&'a str> {
    answer.headers().get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
}

fn retry_after(answer: &Response) -> u64 {
    let seconds = values(answer, "retry-after").first().and_then(|it| it.parse().ok());
    seconds.unwrap_or_else(|| panic!("{answer:?}"))
}

async fn code(answer: Response) -> String {
    let problem: Value = answer.json().await.expect("it is a problem");
    problem["code"].as_str().unwrap_or_default().to_owned()
}

/// The first answer to `request` other than those to earlier ones, and the number of these.
async fn exhausted(request: impl Fn() -> RequestBuilder, served: u16) -> (usize, Response) {
    for before in 0..10_000 {
        let answer = send(request()).await;
        if answer.status() != served {
            return (before, answer);
        }
    }
    panic!("no request is refused")
}

async fn callers_and_addresses_have_allowances_of_their_own(shop: &Shop) {
    let limits = [("REQUESTS_PER_CALLER", "20"), ("REQUESTS_PER_ADDRESS", "1200")];
    let settings = [&limits[..], &[("TRUSTED_PROXIES", "1")]].concat();
    let shop = shop.through_a_gateway_with(&settings).await;
    let (ann, eve) = (shop.as_customer("ann").await, shop.as_customer("eve").await);

    let first = send(ann.request(Method::GET, UNKNOWN)).await;
    assert_eq!(first.status(), 404);
    let policies = [r#""caller";q=20;w=60"#, r#""address";q=1200;w=60"#];
    assert_eq!(values(&first, "ratelimit-policy"), policies);
    let left = [r#""caller";r=19;t=3"#, r#""address";r=1199;t=1"#];
    assert_eq!(values(&first, "ratelimit"), left);
    let (served, refused) = exhausted(|| ann.request(Method::GET, UNKNOWN), 404).await;
    assert!(served >= 19, "{served}");
    assert_eq!(refused.status(), 429);
    assert!((1..=3).contains(&retry_after(&refused)), "{refused:?}");
    assert!(values(&refused, "ratelimit")[0].starts_with(r#""caller";r=0;t="#), "{refused:?}");
    assert_eq!(code(refused).await, "too-many-requests");
    assert_eq!(ann.get(UNKNOWN).await.status, 429, "in the form that is documented");
    assert_eq!(eve.get(UNKNOWN).await.status, 404, "another caller has their own allowance");
    until("the allowance is refilled", Duration::from_secs(30), async || {
        (ann.get(UNKNOWN).await.status == 404).then_some(())
    })
    .await;

    let from = |addresses: &str| {
        let request = shop.with_token("nonsense").request(Method::GET, UNKNOWN);
        request.header("x-forwarded-for", addresses)
    };
    let (served, refused) = exhausted(|| from("203.0.113.7"), 401).await;
    assert!(served >= 1_200, "{served}");
    assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 1));
    assert_eq!(values(&refused, "ratelimit-policy"), policies[1..]);
    let (_, spoofed) = exhausted(|| from("198.51.100.1, 203.0.113.7"), 401).await;
    assert_eq!(spoofed.status(), 429, "what the client writes itself is not believed");
    assert_eq!(send(from("203.0.113.8")).await.status(), 401, "another address has its own");
    assert_eq!(eve.get(UNKNOWN).await.status, 404);
}

async fn reads_that_exceed_their_share_are_rejected_and_a_write_is_served(own: &Shop) {
    let shop = own.through_a_gateway_with(&[("MAX_REQUESTS", "4")]).await;
    let lamp = shop.sell("lamp", 100, 5).await;
    let order = shop.order(&[(&lamp, 1)]);
    let overloaded = async |answer: Response| {
        assert_eq!(answer.status(), 503);
        assert!((1..=3).contains(&retry_after(&answer)), "{answer:?}");
        assert_eq!(code(answer).await, "overloaded");
    };
    let sidecar = shop.cluster.sidecar("gateway");
    sidecar.pause();
    let reads = (0..10).map(|_| send(shop.request(Method::GET, UNKNOWN)));
    let mut reads: FuturesUnordered<_> = reads.collect();
    for _ in 0..7 {
        overloaded(reads.next().await.expect("seven are rejected")).await;
    }
    let writes =
        (0..2).map(|_| shop.try_send(shop.request(Method::POST, "/api/orders").json(&order)));
    let mut writes: FuturesUnordered<_> = writes.collect();
    let rejected = writes.next().await.expect("one is rejected").expect("it is answered");
    assert_eq!((rejected.status, rejected.problem()), (503, Some("overloaded")), "{rejected:?}");
    sidecar.resume();
    let accepted = writes.next().await.expect("one is served").expect("it is answered");
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let answered = reads.map(|answer| answer.status().as_u16()).collect::<Vec<_>>().await;
    assert_eq!(answered, [404; 3]);
    let ended = shop.ended(&shop.accepted(&accepted)).await;
    assert_eq!(ended.body["status"], "completed", "{ended:?}");
}
