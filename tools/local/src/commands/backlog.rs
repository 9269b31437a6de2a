//! Looks after the streams of Redis: warns of unacknowledged messages, and deletes those that all subscribers
//! have acknowledged.

use local::Cluster;
use local::manifest::all_subscriptions;
use local::streams::Streams;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::interval;

/// The interval between two checks.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// The backlog of a function that is reported: the threshold of Azure's alert.
const THRESHOLD: usize = 500;

/// Trims the streams, and reports each function whose backlog reaches the threshold, once until it falls
/// below. Never returns.
pub(super) async fn watch(cluster: &Cluster, print: impl Fn(&str)) {
    let (mut reported, mut checks) = (BTreeSet::new(), interval(CHECK_EVERY));
    loop {
        checks.tick().await;
        // Whatever needs Redis reports that it does not respond.
        let subscriptions = all_subscriptions(cluster.functions());
        if let Ok(streams) = Streams::open(cluster.redis_port()).await
            && let Ok(backlogs) = streams.backlogs(&subscriptions).await
            && let Ok(()) = streams.trim(&subscriptions).await
        {
            for line in warnings(&mut reported, &backlogs) {
                print(&line);
            }
        }
    }
}

fn warnings(reported: &mut BTreeSet<String>, backlogs: &[(String, usize)]) -> Vec<String> {
    let many: Vec<_> = backlogs.iter().filter(|(_, count)| *count >= THRESHOLD).collect();
    reported.retain(|function| many.iter().any(|(name, _)| name == function));
    let new = many.into_iter().filter(|(function, _)| reported.insert(function.clone()));
    let line = |(function, count): &(String, usize)| {
        format!("{count} messages wait for {function}: it is slow, or down")
    };
    new.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_is_reported_once_until_it_shrinks() {
        let mut reported = BTreeSet::new();
        let mut check = |count| {
            let backlogs = [("send-email".to_owned(), count), ("notify-order".to_owned(), 1)];
            warnings(&mut reported, &backlogs)
        };
        let line =
            |count| vec![format!("{count} messages wait for send-email: it is slow, or down")];
        assert_eq!([check(499), check(500), check(501)], [vec![], line(500), vec![]]);
        assert_eq!([check(3), check(700)], [vec![], line(700)]);
    }
}
