//! What opens a port to the whole world.

use std::collections::BTreeSet;

use ipnet::IpNet;
use plumbline_core::engine::View;
use plumbline_core::evaluation::NotAssessed;
use plumbline_core::facts::{PrefixListEntries, SecurityGroup, SecurityGroupRule};

/// A version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Version 4.
    V4,
    /// Version 6.
    V6,
}

impl Family {
    /// The block of all addresses.
    pub fn anywhere(self) -> &'static str {
        match self {
            Self::V4 => "0.0.0.0/0",
            Self::V6 => "::/0",
        }
    }

    /// Whether a block is of this version.
    pub fn has(self, block: &IpNet) -> bool {
        matches!((self, block), (Self::V4, IpNet::V4(_)) | (Self::V6, IpNet::V6(_)))
    }

    fn of_rule(self, rule: &SecurityGroupRule) -> Vec<IpNet> {
        match self {
            Self::V4 => rule.ipv4.iter().copied().map(IpNet::V4).collect(),
            Self::V6 => rule.ipv6.iter().copied().map(IpNet::V6).collect(),
        }
    }

    fn of_list(self, list: &PrefixListEntries) -> Vec<IpNet> {
        match self {
            Self::V4 => list.ipv4.iter().copied().map(IpNet::V4).collect(),
            Self::V6 => list.ipv6.iter().copied().map(IpNet::V6).collect(),
        }
    }
}

/// Whether blocks of one family cover all its addresses together: 0.0.0.0/0 does, and so do 0.0.0.0/1 and 128.0.0.0/1.
pub fn covers_everything(blocks: &[IpNet]) -> bool {
    blocks.iter().any(|block| block.prefix_len() == 0) || (blocks.len() > 1 && IpNet::aggregate(&blocks.to_vec()).iter().any(|block| block.prefix_len() == 0))
}

/// The transport protocols that have ports, with their number.
pub const PROTOCOLS: [(&str, &str); 2] = [("tcp", "6"), ("udp", "17")];

/// Whether a protocol and a range of ports contain a port of a transport protocol. All ports count where there is no range.
pub fn contains(protocol: &str, from: Option<i32>, to: Option<i32>, (name, number): (&str, &str), port: u16) -> bool {
    if protocol == "-1" || protocol.eq_ignore_ascii_case("all") {
        return true;
    }
    let same = protocol.eq_ignore_ascii_case(name) || protocol == number;
    let all = |end: Option<i32>| end.is_none_or(|end| end == -1);
    same && (all(from) || all(to) || (from <= Some(port.into()) && Some(port.into()) <= to))
}

fn opens(rule: &SecurityGroupRule, protocol: (&str, &str), port: u16) -> bool {
    contains(&rule.protocol, rule.from_port, rule.to_port, protocol, port)
}

/// A port that a group opens to the whole world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The port.
    pub port: u16,
    /// The rules that open it: protocol, ports and sources.
    pub rules: BTreeSet<String>,
}

/// The first of the ports that a group's ingress rules open to all addresses of a family, for one transport protocol, with the sources that do it together.
pub fn opening(group: &SecurityGroup, view: &View<'_>, ports: &[u16], family: Family) -> Result<Option<Opening>, NotAssessed> {
    let mut unknown = None;
    for port in ports {
        for protocol in PROTOCOLS {
            let rules = || group.ingress.iter().filter(|rule| opens(rule, protocol, *port));
            let mut blocks: Vec<IpNet> = rules().flat_map(|rule| family.of_rule(rule)).collect();
            for id in rules().flat_map(|rule| &rule.prefix_lists) {
                match view.related::<PrefixListEntries>(&group.region, id) {
                    Ok(list) => blocks.extend(family.of_list(list)),
                    Err(why) => unknown = Some(why),
                }
            }
            if covers_everything(&blocks) {
                let alone = |rule: &&SecurityGroupRule| covers_everything(&family.of_rule(rule));
                let guilty: Vec<&SecurityGroupRule> = if rules().any(|rule| alone(&rule)) { rules().filter(alone).collect() } else { rules().collect() };
                return Ok(Some(Opening { port: *port, rules: guilty.into_iter().filter_map(|rule| tell(rule, family)).collect() }));
            }
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// Protocol, ports and sources of a rule; nothing when it has no sources of the family.
fn tell(rule: &SecurityGroupRule, family: Family) -> Option<String> {
    let blocks = family.of_rule(rule).into_iter().map(|block| block.to_string());
    let sources: Vec<String> = blocks.chain(rule.prefix_lists.iter().cloned()).collect();
    let protocol = if rule.protocol == "-1" { "all traffic" } else { &rule.protocol };
    let ports = match (rule.from_port, rule.to_port) {
        (Some(-1), _) | (None, _) | (_, None) => String::new(),
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
    };
    (!sources.is_empty()).then(|| format!("{protocol}{ports} from {}", sources.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, from: Option<i32>, to: Option<i32>) -> SecurityGroupRule {
        SecurityGroupRule { protocol: protocol.to_owned(), from_port: from, to_port: to, ..SecurityGroupRule::default() }
    }

    #[test]
    fn blocks_that_cover_everything() {
        let covers = |blocks: &[&str]| covers_everything(&blocks.iter().map(|block| block.parse().expect("a block")).collect::<Vec<_>>());
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

    #[test]
    fn rules_and_ports() {
        let tcp = ("tcp", "6");
        for opens_22 in
            [rule("-1", None, None), rule("tcp", Some(22), Some(22)), rule("TCP", Some(0), Some(65535)), rule("6", Some(20), Some(25)), rule("tcp", None, None)]
        {
            assert!(opens(&opens_22, tcp, 22), "{opens_22:?}");
        }
        for other in [
            rule("udp", Some(22), Some(22)),
            rule("tcp", Some(23), Some(80)),
            rule("tcp", Some(1), Some(21)),
            rule("icmp", Some(-1), Some(-1)),
            rule("58", None, None),
        ] {
            assert!(!opens(&other, tcp, 22), "{other:?}");
        }
    }
}
