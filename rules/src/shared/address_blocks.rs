//! Blocks of addresses, and whether they are all addresses together.

use ipnet::IpNet;

/// A version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Version 4.
    V4,
    /// Version 6.
    V6,
}

impl Family {
    /// The block of all addresses.
    pub(crate) fn anywhere(self) -> &'static str {
        match self {
            Self::V4 => "0.0.0.0/0",
            Self::V6 => "::/0",
        }
    }

    /// Whether a block is of this version.
    pub(crate) fn has(self, block: &IpNet) -> bool {
        matches!((self, block), (Self::V4, IpNet::V4(_)) | (Self::V6, IpNet::V6(_)))
    }
}

/// Whether blocks of one family cover all its addresses together: 0.0.0.0/0 does, and so do
/// 0.0.0.0/1 and 128.0.0.0/1.
pub(crate) fn covers_everything(blocks: &[IpNet]) -> bool {
    blocks.iter().any(|block| block.prefix_len() == 0)
        || (blocks.len() > 1
            && IpNet::aggregate(&blocks.to_vec()).iter().any(|block| block.prefix_len() == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_cover_everything() {
        let covers = |blocks: &[&str]| {
            covers_everything(
                &blocks.iter().map(|block| block.parse().expect("a block")).collect::<Vec<_>>(),
            )
        };
        assert!(covers(&["0.0.0.0/0"]));
        assert!(covers(&["::/0"]));
        assert!(covers(&["0.0.0.0/1", "128.0.0.0/1"]));
        assert!(covers(&["128.0.0.0/2", "0.0.0.0/1", "192.0.0.0/2"]));
        assert!(covers(&["::/1", "8000::/1"]));
        assert!(!covers(&["0.0.0.0/1"]));
        assert!(!covers(&["0.0.0.0/1", "0.0.0.0/2"]));
        assert!(!covers(&["0.0.0.0/1", "128.0.0.0/2"]));
        assert!(!covers(&[]));
    }
}
