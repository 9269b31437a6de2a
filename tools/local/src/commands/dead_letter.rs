//! `local dead-letter`: messages that were given up.

use clap::{Args, Subcommand};
use local::dead_letters::bus::Bus;
use local::dead_letters::{DeadLetter, DeadLetters, Listing, MOST};
use local::{LocalError, manifest, redis_of_start, workspace};
use std::collections::VecDeque;

/// Messages that a function could not deal with.
#[derive(Debug, Args)]
pub(crate) struct DeadLetterTask {
    #[command(subcommand)]
    what: What,
    /// The port of the shop's Redis; otherwise that of `start`'s own, or else 6379.
    #[arg(long, global = true, conflicts_with = "bus")]
    redis_port: Option<u16>,
    /// The shop's namespace of Service Bus, in place of a Redis, as the one who is logged in by `az
    /// login`: a member of the operators' group. What is listed is kept from others for as long as
    /// the command runs, and for five minutes if it is interrupted.
    #[arg(long, global = true, value_name = "NAMESPACE")]
    bus: Option<String>,
    /// Those that Service Bus itself gave up, because a function crashed at them. It takes the role
    /// Azure Service Bus Data Owner.
    #[arg(long, global = true, requires = "bus")]
    abandoned: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists them: id, topic, type and reason; and on Redis, how many messages wait for each function.
    List,
    /// Shows what they say, which may name customers.
    Show(Which),
    /// Publishes them again under their topics and takes them off the list.
    Resend(Which),
    /// Takes them off the list for good.
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

/// Does with each of `chosen` what is asked; those that are left were not handled.
async fn each(
    letters: &DeadLetters,
    chosen: &mut VecDeque<DeadLetter>,
    what: &What,
) -> Result<(), LocalError> {
    while let Some(letter) = chosen.front() {
        match what {
            What::Resend(_) => {
                letters.resend(letter).await?;
                println!("sent again: {}", letter.id);
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
        println!("{function} has more: at most {MOST} of a function are listed at once");
    }
    for (function, count) in &listing.waiting {
        println!("{function} has {count} messages that wait or are being taken");
    }
    for function in &listing.unknown {
        println!("{function} is not deployed: nothing keeps its dead letters");
    }
}

fn show(letter: &DeadLetter) {
    let kind = letter.event["type"].as_str().unwrap_or("-");
    println!("{}  {}  {kind}  {}", letter.id, letter.topic, letter.reason());
}
