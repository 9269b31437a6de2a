//! Many orders at once, under the rules as shipped.

use super::harness::trials;
use futures::future::join_all;
use std::time::Duration;
use tests::system::shop::Shop;

trials![
    of_two_orders_with_the_same_products_in_opposite_order_one_completes,
    orders_of_100_products_complete,
];

/// How soon orders that are much to do have ended.
const MUCH: Duration = Duration::from_mins(3);

async fn of_two_orders_with_the_same_products_in_opposite_order_one_completes(shop: &Shop) {
    let pairs = join_all((0..20).map(|pair| async move {
        let lamp = shop.sell(&format!("lamp-{pair}"), 100, 1).await;
        let bulb = shop.sell(&format!("bulb-{pair}"), 100, 1).await;
        let (one, other) = tokio::join!(
            async { shop.place(&shop.order(&[(&lamp, 1), (&bulb, 1)])).await },
            async { shop.place(&shop.order(&[(&bulb, 1), (&lamp, 1)])).await },
        );
        [shop.ended(&one).await, shop.ended(&other).await]
    }))
    .await;
    for pair in pairs {
        let completed = pair.iter().filter(|order| order.body["status"] == "completed").count();
        assert_eq!(completed, 1, "{pair:?}");
    }
}

async fn orders_of_100_products_complete(shop: &Shop) {
    let products = join_all(
        (0..100).map(|number| async move { shop.sell(&format!("part-{number}"), 100, 100).await }),
    )
    .await;
    let items: Vec<_> = products.iter().map(|product| (product.as_str(), 1)).collect();
    let body = shop.order(&items);
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    shop.all_complete(&orders, MUCH).await;
}
