//! `local dead-letter`: messages that functions could not handle.

use clap::{Args, Subcommand};
use local::dead_letters::bus::Bus;
use local::dead_letters::{DeadLetter, DeadLetters, Listing, MAX_LETTERS};
use local::{LocalError, manifest, redis_of_start, workspace};
use std::collections::VecDeque;

/// Messages that a function could not handle.
#[derive(Debug, Args)]
pub(crate) struct DeadLetterTask {
    #[command(subcommand)]
    what: What,
    /// The port of the shop's Redis; by default that of `start`, or else 6379.
    #[arg(long, global = true, conflicts_with = "bus")]
    redis_port: Option<u16>,
    /// The shop's Service Bus namespace, instead of a Redis. Needs an `az login` of a member of the
    /// operators' group. The listed messages are locked for others while the command runs, and for five
    /// minutes if it is interrupted.
    #[arg(long, global = true, value_name = "NAMESPACE")]
    bus: Option<String>,
    /// The messages that Service Bus itself dead-lettered, because a function crashed on them. Needs the role
    /// Azure Service Bus Data Owner.
    #[arg(long, global = true, requires = "bus")]
    abandoned: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists them: id, topic, type and reason; on Redis also the number of waiting messages per function.
    List,
    /// Shows their content, which may contain personal data.
    Show(Which),
    /// Publishes them again to their topics and deletes them.
    Resend(Which),
    /// Deletes them.
    Drop(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// The ids of the letters, as `list` shows them.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(task: DeadLetterTask) -> Result<(), LocalError> {
    let letters = open(&task).await?;
    let mut listing = letters.list().await?;
    let found = std::mem::take(&mut listing.letters);
    let (chosen, mut left) = match task.what.chosen() {
        Some(which) => found.into_iter().partition(|letter| which.names(letter)),
        None => (Vec::new(), found),
    };
    let (mut chosen, which) = (VecDeque::from(chosen), task.what.chosen());
    let done = match which.and_then(|which| which.unknown(&chosen)) {
        Some(unknown) => Err(no_such(unknown)),
        None => each(&letters, &mut chosen, &task.what).await,
    };
    if matches!(task.what, What::List) {
        list(&left, &listing);
    }
    left.extend(chosen);
    letters.release(&left).await;
    done
}

async fn open(task: &DeadLetterTask) -> Result<DeadLetters, LocalError> {
    let functions = manifest::functions(&workspace::root())?;
    match (&task.bus, task.redis_port) {
        (Some(namespace), _) => {
            let bus = Bus::new(namespace)?;
            let bus = if task.abandoned { bus.abandoned() } else { bus };
            Ok(DeadLetters::on(bus, &functions))
        }
        (None, Some(port)) => DeadLetters::open(port, &functions).await,
        (None, None) => DeadLetters::open(redis_of_start().await, &functions).await,
    }
}

impl What {
    fn chosen(&self) -> Option<&Which> {
        match self {
            Self::List => None,
            Self::Show(which) | Self::Resend(which) | Self::Drop(which) => Some(which),
        }
    }
}

impl Which {
    fn names(&self, letter: &DeadLetter) -> bool {
        self.all || self.ids.contains(&letter.id)
    }

    fn unknown(&self, chosen: &VecDeque<DeadLetter>) -> Option<&str> {
        let unknown = |id: &&String| chosen.iter().all(|letter| letter.id != **id);
        self.ids.iter().find(unknown).map(String::as_str)
    }
}

fn no_such(id: &str) -> LocalError {
    LocalError::Missing {
        what: format!("there is no dead letter {id}"),
        remedy: "`local dead-letter list` shows them".to_owned(),
    }
}

/// Handles each of `chosen`, and removes it from there when it is handled.
async fn each(
    letters: &DeadLetters,
    chosen: &mut VecDeque<DeadLetter>,
    what: &What,
) -> Result<(), LocalError> {
    while let Some(letter) = chosen.front() {
        match what {
            What::Resend(_) => {
                letters.resend(letter).await?;
                println!("resent: {}", letter.id);
            }
            What::Drop(_) => {
                letters.drop(letter).await?;
                println!("dropped: {}", letter.id);
            }
            What::List | What::Show(_) => {
                for letter in &*chosen {
                    println!("{}\n{:#}", letter.id, letter.event);
                }
                return Ok(());
            }
        }
        chosen.pop_front();
    }
    Ok(())
}

fn list(letters: &[DeadLetter], listing: &Listing) {
    if letters.is_empty() {
        println!("there are no dead letters");
    }
    letters.iter().for_each(show);
    for function in &listing.more {
        println!("{function} has more: at most {MAX_LETTERS} of a function are listed at once");
    }
    for (function, count) in &listing.waiting {
        println!("{function} has {count} messages that wait or are being handled");
    }
    for function in &listing.unknown {
        println!("{function} is not deployed: it has no dead letters");
    }
}

fn show(letter: &DeadLetter) {
    let kind = letter.event["type"].as_str().unwrap_or("-");
    println!("{}  {}  {kind}  {}", letter.id, letter.topic, letter.reason());
}
