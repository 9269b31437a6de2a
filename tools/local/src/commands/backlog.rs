//! How many messages wait, watched: a stream loses what is older than 30 days, read or not.

use local::Cluster;
use local::dead_letters::DeadLetters;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::interval;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How many messages may wait for a function: as many as on Azure before people are told.
const MANY: usize = 500;

/// Tells of each function for which many messages wait, once until they have been taken; runs for ever.
pub(super) async fn report(cluster: &Cluster, print: impl Fn(&str)) {
    let (mut reported, mut looks) = (BTreeSet::new(), interval(LOOK_EVERY));
    loop {
        looks.tick().await;
        // A Redis that does not answer is reported by what needs it.
        if let Ok(letters) = DeadLetters::open(cluster.redis_port(), cluster.functions()).await
            && let Ok(backlogs) = letters.backlogs().await
        {
            for line in warnings(&mut reported, &backlogs) {
                print(&line);
            }
        }
    }
}

fn warnings(reported: &mut BTreeSet<String>, backlogs: &[(String, usize)]) -> Vec<String> {
    let many: Vec<_> = backlogs.iter().filter(|(_, count)| *count >= MANY).collect();
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
    fn a_backlog_is_told_once_until_it_has_gone() {
        let mut reported = BTreeSet::new();
        let mut told = |count| {
            let backlogs = [("send-email".to_owned(), count), ("notify-order".to_owned(), 1)];
            warnings(&mut reported, &backlogs)
        };
        let line =
            |count| vec![format!("{count} messages wait for send-email: it is slow, or down")];
        assert_eq!([told(499), told(500), told(501)], [vec![], line(500), vec![]]);
        assert_eq!([told(3), told(700)], [vec![], line(700)]);
    }
}
