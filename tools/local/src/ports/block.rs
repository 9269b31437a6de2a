//! Blocks of ports for private clusters.

use super::is_free;
use crate::LocalError;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

/// The number of ports in a block, including its lock.
const SIZE: u16 = 200;

/// The ranges of blocks. They do not overlap with the ports of `start`: 8000 to 8999, the same with each of the
/// sidecar's offsets, and 22900 to 22999.
pub(super) const RANGES: [Range<u16>; 2] = [10_000..18_000, 23_000..32_000];

/// A block of free ports. The first one is bound until this is dropped: it is the lock of the block.
#[derive(Debug)]
pub struct Block {
    _lock: TcpListener,
    ports: Range<u16>,
}

impl Block {
    /// Claims a block whose ports are all free.
    ///
    /// # Errors
    /// [`LocalError::NoPorts`], when there is none.
    pub fn claim() -> Result<Self, LocalError> {
        let mut firsts = RANGES.into_iter().flat_map(|range| range.step_by(usize::from(SIZE)));
        firsts.find_map(Self::claim_at).ok_or(LocalError::NoPorts)
    }

    fn claim_at(first: u16) -> Option<Self> {
        let lock = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok()?;
        let ports = first + 1..first + SIZE;
        ports.clone().all(is_free).then_some(Self { _lock: lock, ports })
    }

    /// The ports to use.
    #[must_use]
    pub fn ports(&self) -> Range<u16> {
        self.ports.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap() {
        let blocks: Vec<Block> = (0..3).map(|_| Block::claim().unwrap()).collect();
        let mut ports: Vec<u16> = blocks.iter().flat_map(Block::ports).collect();
        ports.sort_unstable();
        assert!(ports.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ports.len(), 3 * usize::from(SIZE - 1));
    }

    #[test]
    fn a_block_with_a_port_in_use_is_not_claimed() {
        let block = Block::claim().unwrap();
        let first = block.ports().start - 1;
        let squatter = TcpListener::bind((Ipv4Addr::LOCALHOST, first + 7)).unwrap();
        drop(block);
        assert!(Block::claim_at(first).is_none());
        drop(squatter);
    }
}
