//! `local dead-letter`: messages that were given up.

use clap::{Args, Subcommand};
use local::dead_letters::{DeadLetter, DeadLetters};
use local::{LocalError, manifest, redis_of_start, workspace};

/// Messages that a function could not deal with.
#[derive(Debug, Args)]
pub(crate) struct DeadLetterTask {
    #[command(subcommand)]
    what: What,
    /// The port of the shop's Redis; otherwise that of `start`'s own, or else 6379.
    #[arg(long, global = true)]
    redis_port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists them: id, topic, type and reason.
    List,
    /// Publishes them again under their topics and takes them off the list.
    Resend {
        /// The ids of the letters, as `list` shows them.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<String>,
        /// All of them.
        #[arg(long)]
        all: bool,
    },
}

pub(crate) async fn run(task: DeadLetterTask) -> Result<(), LocalError> {
    let functions = manifest::functions(&workspace::root())?;
    let port = match task.redis_port {
        Some(port) => port,
        None => redis_of_start().await,
    };
    let letters = DeadLetters::open(port, &functions).await?;
    let all = letters.list().await?;
    match task.what {
        What::List if all.is_empty() => println!("there are no dead letters"),
        What::List => all.iter().for_each(show),
        What::Resend { ids, all: every } => {
            if let Some(unknown) = ids.iter().find(|id| all.iter().all(|letter| letter.id != **id))
            {
                return Err(LocalError::Missing {
                    what: format!("there is no dead letter {unknown}"),
                    remedy: "`local dead-letter list` shows them".to_owned(),
                });
            }
            for letter in all.iter().filter(|letter| every || ids.contains(&letter.id)) {
                letters.resend(letter).await?;
                println!("sent again: {}", letter.id);
            }
        }
    }
    Ok(())
}

fn show(letter: &DeadLetter) {
    let kind = letter.event["type"].as_str().unwrap_or("-");
    println!("{}  {}  {kind}  {}", letter.id, letter.topic, letter.reason());
}
