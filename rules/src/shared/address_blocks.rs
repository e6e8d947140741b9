//! CIDR blocks, and whether they cover all addresses together.

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
    /// Returns the CIDR block of all addresses.
    pub(crate) fn anywhere(self) -> &'static str {
        match self {
            Self::V4 => "0.0.0.0/0",
            Self::V6 => "::/0",
        }
    }

    /// Returns whether a CIDR block has this version.
    pub(crate) fn has(self, block: &IpNet) -> bool {
        matches!((self, block), (Self::V4, IpNet::V4(_)) | (Self::V6, IpNet::V6(_)))
    }
}

/// CIDR blocks that are not public: special purposes (IANA's registry,
/// RFC 6890), multicast and reserved addresses (RFC 1112, RFC 1122 3.2.1.3).
const NOT_PUBLIC_V4: [&str; 14] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// All addresses outside 2000::/3, the only block that IANA has assigned for global unicast, and
/// the documentation block in it.
const NOT_PUBLIC_V6: [&str; 4] = ["::/3", "2001:db8::/32", "4000::/2", "8000::/1"];

/// Returns a text for what CIDR blocks of one family cover together: `0.0.0.0/0` if they cover all
/// addresses, as 0.0.0.0/1 and 128.0.0.0/1 do, or "all public IPv4 addresses" if they leave out
/// only addresses that are not public. Returns nothing if they leave out more.
pub(crate) fn all_addresses(blocks: &[IpNet]) -> Option<&'static str> {
    let (anywhere, all_public, not_public): (_, _, &[&str]) = match blocks.first()? {
        IpNet::V4(_) => (Family::V4.anywhere(), "all public IPv4 addresses", &NOT_PUBLIC_V4),
        IpNet::V6(_) => (Family::V6.anywhere(), "all public IPv6 addresses", &NOT_PUBLIC_V6),
    };
    let is_whole = |blocks: &[IpNet]| blocks.iter().any(|block| block.prefix_len() == 0);
    if is_whole(blocks) || is_whole(&IpNet::aggregate(&blocks.to_vec())) {
        return Some(anywhere);
    }
    let others = not_public.iter().filter_map(|block| block.parse().ok());
    let with_others: Vec<IpNet> = blocks.iter().copied().chain(others).collect();
    is_whole(&IpNet::aggregate(&with_others)).then_some(all_public)
}

/// Returns whether CIDR blocks cover all public addresses of a block.
pub(crate) fn cover_what_is_public(blocks: &[IpNet], whole: &IpNet) -> bool {
    let not_public = NOT_PUBLIC_V4.iter().chain(&NOT_PUBLIC_V6).filter_map(|one| one.parse().ok());
    let with_others: Vec<IpNet> = blocks.iter().copied().chain(not_public).collect();
    IpNet::aggregate(&with_others).iter().any(|block| block.contains(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_cover_what_is_public() {
        let covers = |blocks: &[&str], whole: &str| {
            let blocks: Vec<IpNet> =
                blocks.iter().map(|block| block.parse().expect("a block")).collect();
            cover_what_is_public(&blocks, &whole.parse().expect("a block"))
        };
        assert!(covers(&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"], "0.0.0.0/0"));
        assert!(covers(&["2000::/3"], "::/0"));
        assert!(covers(&["8.0.0.0/7"], "8.0.0.0/8") && covers(&[], "10.1.0.0/16"));
        assert!(!covers(&["0.0.0.0/1", "128.0.0.0/2"], "0.0.0.0/0"));
        assert!(!covers(&["8.0.0.0/9"], "8.0.0.0/8") && !covers(&[], "0.0.0.0/0"));
    }

    #[test]
    fn blocks_that_cover_everything() {
        let covers = |blocks: &[&str]| {
            let blocks: Vec<IpNet> =
                blocks.iter().map(|block| block.parse().expect("a block")).collect();
            all_addresses(&blocks).is_some()
        };
        assert!(covers(&["0.0.0.0/0"]));
        assert!(covers(&["::/0"]));
        assert!(covers(&["0.0.0.0/1", "128.0.0.0/1"]));
        assert!(covers(&["128.0.0.0/2", "0.0.0.0/1", "192.0.0.0/2"]));
        assert!(covers(&["::/1", "8000::/1"]));
        assert!(covers(&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"]));
        assert!(covers(&["2000::/3"]) && covers(&["3000::/4", "2000::/4"]));
        assert!(!covers(&["2000::/4", "::/3"]));
        // All addresses except those for documentation and benchmarks.
        let but = |whole: &str, left_out: &[&str]| {
            let mut blocks: Vec<IpNet> = vec![whole.parse().expect("a block")];
            for left_out in left_out {
                let left_out: IpNet = left_out.parse().expect("a block");
                let halves = |block: IpNet| -> Vec<IpNet> {
                    let inner = block.prefix_len() + 1;
                    let contains = block.contains(&left_out) && block != left_out;
                    if contains {
                        block.subnets(inner).expect("halves").collect()
                    } else {
                        vec![block]
                    }
                };
                for _ in 0..128 {
                    blocks = blocks.into_iter().flat_map(halves).collect();
                }
                blocks.retain(|block| *block != left_out);
            }
            all_addresses(&blocks).is_some()
        };
        assert!(but("0.0.0.0/0", &["192.0.2.0/24", "198.18.0.0/15", "10.0.0.0/8"]));
        assert!(but("2000::/3", &["2001:db8::/32"]));
        assert!(!but("0.0.0.0/0", &["8.8.8.8/32"]) && !but("2000::/3", &["2a00::/16"]));
        // All addresses except a small public block.
        assert!(!covers(&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/4", "208.0.0.0/5"]));
        assert!(NOT_PUBLIC_V4.iter().chain(&NOT_PUBLIC_V6).all(|b| b.parse::<IpNet>().is_ok()));
        assert!(!covers(&["0.0.0.0/1"]));
        assert!(!covers(&["0.0.0.0/1", "0.0.0.0/2"]));
        assert!(!covers(&["0.0.0.0/1", "128.0.0.0/2"]));
        assert!(!covers(&[]));
    }
}
