//! How a subject is repeated, and what comes of it.

mod closed;
mod open;
mod tally;
mod times;

pub use self::closed::{Window, closed};
pub use self::open::{Arrivals, open};
pub use self::tally::{Latency, Tally};
pub use self::times::times;
