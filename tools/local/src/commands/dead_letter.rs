//! `local dead-letter`: messages that functions gave up on.

use clap::{Args, Subcommand};
use local::LocalError;
use local::api::{Api, Shop};
use reqwest::Method;
use serde_json::{Value, json};

/// What the tasks need to be allowed.
const SCOPE: &str = "orders.admin";

/// The most letters that are listed at once.
const MAX_LETTERS: usize = 1_000;

/// Messages that functions gave up on.
#[derive(Debug, Args)]
pub(crate) struct DeadLetterTask {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    shop: Shop,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists the open ones: id, function, topic, type and reason.
    List,
    /// Shows their content, which may contain personal data.
    Show(Which),
    /// Publishes their messages to their topics again.
    Resend(Handled),
    /// Drops them, for good.
    Drop(Handled),
}

#[derive(Debug, Args)]
struct Which {
    /// The ids of the letters, as `list` shows them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// All open ones.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct Handled {
    #[command(flatten)]
    which: Which,
    /// Why, which stays in the letters and in the orders that they are about.
    #[arg(long)]
    reason: Option<String>,
}

pub(crate) async fn run(task: DeadLetterTask) -> Result<(), LocalError> {
    let api = task.shop.api(SCOPE).await;
    match &task.what {
        What::List => list(&open(&api).await?),
        What::Show(which) => {
            for id in which.ids(&api).await? {
                let letter = api.get(&format!("/api/dead-letters/{id}")).await?;
                println!("{id}\n{:#}", letter["message"]);
            }
        }
        What::Resend(handled) => handle(&api, handled, "resend", "resent").await?,
        What::Drop(handled) => handle(&api, handled, "drop", "dropped").await?,
    }
    Ok(())
}

/// Handles each letter; one that the shop rejects, such as one that is no event, stops no other.
async fn handle(api: &Api, handled: &Handled, what: &str, done: &str) -> Result<(), LocalError> {
    let body = json!({"reason": handled.reason});
    let ids = handled.which.ids(api).await?;
    let mut rejected = 0;
    for id in &ids {
        let path = format!("/api/dead-letters/{id}/{what}");
        match api.send(Method::POST, &path, Some(&body)).await {
            Ok(_) => println!("{done}: {id}"),
            Err(LocalError::Rejected { answer, .. }) => {
                rejected += 1;
                println!("not {done}: {id}: {answer}");
            }
            Err(error) => return Err(error),
        }
    }
    match rejected {
        0 => Ok(()),
        _ => Err(LocalError::NotHandled { rejected, of: ids.len() }),
    }
}

impl Which {
    async fn ids(&self, api: &Api) -> Result<Vec<String>, LocalError> {
        if !self.all {
            return Ok(self.ids.clone());
        }
        Ok(open(api).await?.iter().map(|letter| text(letter, "letter_id").to_owned()).collect())
    }
}

/// The open letters, newest first, at most [`MAX_LETTERS`].
async fn open(api: &Api) -> Result<Vec<Value>, LocalError> {
    let (mut letters, mut after) = (Vec::new(), String::new());
    while letters.len() < MAX_LETTERS {
        let page = api.get(&format!("/api/dead-letters?limit=100{after}")).await?;
        letters.extend(page["dead_letters"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(letters),
        }
    }
    eprintln!("there are more: {MAX_LETTERS} are listed at once");
    Ok(letters)
}

fn list(letters: &[Value]) {
    if letters.is_empty() {
        println!("there are no dead letters");
    }
    for letter in letters {
        let [id, function, topic, kind, reason] =
            ["letter_id", "function", "topic", "event_type", "reason"].map(|it| text(letter, it));
        println!("{id}  {function}  {topic}  {kind}  {reason}");
    }
}

fn text<'a>(letter: &'a Value, member: &str) -> &'a str {
    letter[member].as_str().unwrap_or("-")
}
