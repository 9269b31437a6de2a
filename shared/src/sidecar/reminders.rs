//! Reminders of actors ([Dapr](https://docs.dapr.io/reference/api/actors_api/#create-actor-reminder)):
//! the scheduler stores them, and they fire on the current host of the actor.

use super::Grpc;
use crate::ports::{Failure, OrFail};
use dapr::dapr::proto::common::v1::{
    JobFailurePolicy, JobFailurePolicyConstant, job_failure_policy,
};
use dapr::dapr::proto::runtime::v1::RegisterActorReminderRequest;
use jiff::SignedDuration;

/// The time between two attempts at a reminder that failed. It is retried without limit: nothing else
/// does its work.
const RETRY_SECONDS: i64 = 5;

/// A reminder, which fires once.
pub(super) struct Reminder<'a> {
    /// The actor type, which this function hosts.
    pub(super) actor_type: &'static str,
    /// The actor id.
    pub(super) actor_id: &'a str,
    /// The name; a reminder of the same name is replaced.
    pub(super) name: &'a str,
    /// The delay until it fires.
    pub(super) delay: SignedDuration,
    /// The payload that it is delivered with.
    pub(super) data: Vec<u8>,
}

impl Grpc {
    /// Sets a reminder, which replaces one of the same name.
    pub(super) async fn remind(&self, reminder: Reminder<'_>) -> Result<(), Failure> {
        let retry = JobFailurePolicyConstant {
            interval: Some(prost_types::Duration { seconds: RETRY_SECONDS, nanos: 0 }),
            max_retries: None,
        };
        let request = RegisterActorReminderRequest {
            actor_type: reminder.actor_type.to_owned(),
            actor_id: reminder.actor_id.to_owned(),
            name: reminder.name.to_owned(),
            due_time: due_time(reminder.delay),
            data: reminder.data,
            overwrite: Some(true),
            failure_policy: Some(JobFailurePolicy {
                policy: Some(job_failure_policy::Policy::Constant(retry)),
            }),
            ..RegisterActorReminderRequest::default()
        };
        let set = self.dapr().register_actor_reminder(request).await;
        set.map(|_| ()).or_fail("scheduler", "set a reminder")
    }
}

/// A delay as Dapr reads it, rounded up to the millisecond, so that a reminder never fires too early.
fn due_time(delay: SignedDuration) -> String {
    format!("{}ms", delay.as_millis().max(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_never_fires_early() {
        assert_eq!(due_time(SignedDuration::from_micros(1_500)), "2ms");
        assert_eq!(due_time(SignedDuration::from_secs(-5)), "1ms");
    }
}
