//! The controls of local runs, by which the page makes parts of the shop fail.

use super::harness::trials;
use super::mails::mails;
use local::controls::Controls;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    a_killed_process_is_started_again_and_no_order_is_lost,
    orders_wait_for_a_provider_that_is_down_and_mails_for_their_server,
    pages_of_other_origins_control_nothing,
];

/// The time within which a killed process is ready again, on a loaded machine.
const BACK_WITHIN: Duration = Duration::from_mins(1);

async fn send(shop: &Shop, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let port = shop.cluster.controls_port().expect("this cluster has controls");
    let request = shop.http.request(method, format!("http://127.0.0.1:{port}/{path}"));
    let request = body.iter().fold(request, reqwest::RequestBuilder::json);
    let answer = request.send().await.expect("the controls answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// Does `work` while the controls are served.
async fn controlled(shop: &Shop, work: impl Future<Output = ()>) {
    let controls = Controls::listen(&shop.cluster).await.expect("the port is the cluster's own");
    tokio::select! {
        () = work => {}
        () = controls.run(|_| ()) => unreachable!("they are served until they are dropped"),
    }
}

fn state_of<'a>(status: &'a Value, process: &str) -> &'a Value {
    let processes = status["processes"].as_array().into_iter().flatten();
    let mut named = processes.filter(|it| it["name"] == process).map(|it| &it["state"]);
    named.next_back().expect("the process is listed")
}

async fn a_killed_process_is_started_again_and_no_order_is_lost(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    controlled(shop, async {
        for process in ["ship-order", "order-saga"] {
            let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
            let (status, after) =
                send(shop, Method::DELETE, &format!("processes/{process}"), None).await;
            assert_eq!((status, state_of(&after, process)), (200, &json!("ended")));
            until(&format!("{process} is running again"), BACK_WITHIN, async || {
                let (_, status) = send(shop, Method::GET, "", None).await;
                (state_of(&status, process) == "running").then_some(())
            })
            .await;
            shop.all_complete(&[order], Duration::from_mins(2)).await;
        }
        let unknown = send(shop, Method::DELETE, "processes/redis", None).await;
        assert_eq!(unknown.0, 404, "what would lose its data is not killed");
    })
    .await;
}

async fn orders_wait_for_a_provider_that_is_down_and_mails_for_their_server(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    controlled(shop, async {
        let set = async |path: &str, state: &str| {
            let (status, shown) =
                send(shop, Method::PUT, path, Some(json!({"state": state}))).await;
            assert_eq!((status, &shown[path]), (200, &json!(state)));
        };
        set("provider", "down").await;
        set("mail", "down").await;
        let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
        until("the order waits", Duration::from_secs(20), async || {
            (shop.status(&order).await.body["status"] == "reserved").then_some(())
        })
        .await;
        set("provider", "normal").await;
        shop.all_complete(std::slice::from_ref(&order), Duration::from_mins(1)).await;
        assert_eq!(shop.mails(&shop.email("ann")).await, Vec::<Value>::new());
        set("mail", "normal").await;
        mails(shop, &shop.email("ann"), 4, Duration::from_mins(2)).await;
        let (status, _) = send(shop, Method::PUT, "mail", Some(json!({"state": "lost"}))).await;
        assert_eq!(status, 422, "a state that there is not");
    })
    .await;
}

async fn pages_of_other_origins_control_nothing(shop: &Shop) {
    controlled(shop, async {
        let port = shop.cluster.controls_port().expect("this cluster has controls");
        for (origin, expected) in [
            (shop.cluster.gateway_url(), 200),
            ("https://shop.example".to_owned(), 403),
            (shop.cluster.mail_url(), 403),
        ] {
            let request = shop.http.get(format!("http://127.0.0.1:{port}/"));
            let answer = request.header("origin", &origin).send().await.expect("it answers");
            assert_eq!(answer.status().as_u16(), expected, "{origin}");
        }
    })
    .await;
}
