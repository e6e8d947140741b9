//! The actions of AWS services.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::automaton::Bits;
use crate::glob::{self, SearchLimit, TooComplex};

/// The table: a header, then one line for each service with its prefix and the names of its
/// actions. `cargo xtask actions VERSION` writes it.
const TABLE: &str = include_str!("actions.txt");

/// Retired services that AWS still lists, with the date by which they were retired. They can no
/// longer be called.
///
/// - Alexa for Business: according to the references of the AWS SDKs, botocore 1.28.63 at the
///   latest.
/// - Amazon Honeycode: according to its administrator guide.
/// - Amazon WorkLink: removed from the AWS SDK for Go v2 (aws/aws-sdk-go-v2#2814).
/// - AWS OpsWorks (Stacks, and CM for Chef Automate and Puppet Enterprise): according to its API
///   reference and user guide, it is disabled for existing customers too.
/// - Amazon QLDB, AWS RoboMaker, Amazon Lookout for Vision, Amazon Elastic Transcoder, AWS
///   Elemental MediaStore, Amazon CloudWatch Evidently, AWS IoT Events, AWS Panorama: the end of
///   support notices in their guides state when their resources become inaccessible.
/// - Amazon Lookout for Metrics: the reference of the AWS CDK states when its support ends.
const RETIRED: &[(&str, &str)] = &[
    ("a4b", "2023-10-13"),
    ("elastictranscoder", "2025-11-13"),
    ("evidently", "2025-10-16"),
    ("honeycode", "2024-02-29"),
    ("iotevents", "2026-05-20"),
    ("lookoutmetrics", "2025-10-09"),
    ("lookoutvision", "2025-10-31"),
    ("mediastore", "2025-11-13"),
    ("opsworks", "2024-05-26"),
    ("opsworks-cm", "2024-05-26"),
    ("panorama", "2026-05-31"),
    ("qldb", "2025-07-31"),
    ("robomaker", "2025-09-10"),
    ("worklink", "2024-09-30"),
];

/// Services with different names in ARNs and actions, from the resource types of the same source:
/// the name in ARNs, then the name in actions.
const IN_ARNS: &[(&str, &str)] = &[
    ("catalog", "servicecatalog"),
    ("elastic-inference", "ec2"),
    ("route53-recovery-control", "route53-recovery-control-config"),
];

/// The actions of all services, in lower case.
pub(super) struct Actions {
    names: Vec<String>,
    /// The actions of each service.
    services: BTreeMap<&'static str, Range<usize>>,
}

/// The date of the table of AWS actions: `2026-09-26`. Newer actions are not in the table.
pub fn actions_date() -> &'static str {
    TABLE.lines().find_map(|line| line.strip_prefix("# Date: ")).unwrap_or("an unknown day")
}

/// The existing actions.
pub(super) fn existing() -> &'static Actions {
    static ACTIONS: LazyLock<Actions> = LazyLock::new(|| {
        let mut actions = Actions { names: Vec::new(), services: BTreeMap::new() };
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let Some(service) = words.next() else { continue };
            if RETIRED.iter().any(|(retired, _)| *retired == service) {
                continue;
            }
            let start = actions.names.len();
            actions
                .names
                .extend(words.map(|name| format!("{service}:{}", name.to_ascii_lowercase())));
            actions.services.insert(service, start..actions.names.len());
        }
        actions
    });
    &ACTIONS
}

impl Actions {
    /// The service names in ARNs.
    pub(super) fn services_in_arns(&self) -> impl Iterator<Item = &'static str> {
        self.services.keys().copied().chain(IN_ARNS.iter().map(|(name, _)| *name))
    }

    /// The first action that is not in the set, of the services at these positions in
    /// [`Self::services_in_arns`]. An action on a resource of another service is not a request.
    pub(super) fn missing_of(&self, services: &[usize], having: &Bits) -> Option<&str> {
        let range = |place: &usize| {
            let name = self.services_in_arns().nth(*place)?;
            let of_arn = IN_ARNS.iter().find(|(in_arns, _)| *in_arns == name);
            self.services.get(of_arn.map_or(name, |(_, actions)| *actions)).cloned()
        };
        let missing =
            services.iter().filter_map(range).flatten().find(|at| !having.contains(*at))?;
        self.names.get(missing).map(String::as_str)
    }

    /// The actions that one of the patterns matches.
    ///
    /// # Errors
    /// The match takes too much work.
    pub(super) fn matching(
        &self,
        patterns: &[String],
        budget: &SearchLimit,
    ) -> Result<Bits, TooComplex> {
        let mut found = Bits::none(self.names.len());
        for pattern in patterns {
            let range = self.possible(pattern);
            budget.spend(range.len() / TRIED_FOR_A_WORD)?;
            let names = self.names.get(range.clone()).unwrap_or_default();
            for (at, name) in range.zip(names) {
                if !found.contains(at) && glob::matches(pattern, name) {
                    found.insert(at);
                }
            }
        }
        Ok(found)
    }

    /// All actions.
    pub(super) fn all(&self) -> Bits {
        Bits::full(self.names.len())
    }

    /// The first action that is not in the set.
    pub(super) fn missing(&self, having: &Bits) -> Option<&str> {
        let missing = (0..self.names.len()).find(|at| !having.contains(*at))?;
        self.names.get(missing).map(String::as_str)
    }

    /// Whether a pattern matches any action.
    pub(super) fn has(&self, pattern: &str) -> bool {
        let names = self.names.get(self.possible(pattern)).unwrap_or_default();
        names.iter().any(|name| glob::matches(pattern, name))
    }

    /// Whether a pattern of S3 actions affects no object: it matches none of the listed actions, or
    /// only actions on buckets.
    pub(super) fn is_about_no_object(&self, pattern: &str) -> bool {
        let range = self.possible(pattern);
        let matched = self.names.get(range).unwrap_or_default().iter();
        matched
            .filter(|name| glob::matches(pattern, name))
            .filter_map(|name| name.strip_prefix("s3:"))
            .all(is_on_buckets_only)
    }

    /// The range of the actions that a pattern may match.
    fn possible(&self, pattern: &str) -> Range<usize> {
        let service = pattern.split_once(':').map_or(pattern, |(service, _)| service);
        if glob::has_wildcard(service) {
            return 0..self.names.len();
        }
        self.services.get(service).cloned().unwrap_or_default()
    }
}

/// Whether an S3 action, in lower case, is never on an object: the names of actions on buckets
/// contain "bucket" or end with "configuration" (AWS Service Reference, resource types of Amazon
/// S3).
fn is_on_buckets_only(name: &str) -> bool {
    /// An action whose name contains "bucket", but which is on objects.
    const ON_OBJECTS: &str = "objectowneroverridetobucketowner";
    let is_named_so = name.contains("bucket") || name.ends_with("configuration");
    is_named_so && name != ON_OBJECTS
}

/// The number of actions that are tested in the time in which a search computes one word.
const TRIED_FOR_A_WORD: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete() {
        let actions = existing();
        assert_eq!(actions_date().len(), "2026-09-26".len());
        assert!(actions.services.len() > 440, "{}", actions.services.len());
        assert!(actions.names.len() > 21_500, "{}", actions.names.len());
        for (service, range) in &actions.services {
            assert!(!range.is_empty(), "{service}");
            for name in &actions.names[range.clone()] {
                let (prefix, name) = name.split_once(':').expect("a colon");
                assert_eq!(prefix, *service);
                assert!(!name.is_empty() && !name.contains(':'), "{service}:{name}");
            }
        }
        assert!(actions.has("s3:getobject") && actions.has("rds-db:connect"));
        assert!(actions.has("*:getobject") && actions.has("s3:get*") && actions.has("*"));
        assert!(actions.is_about_no_object("s3:listbucket*"));
        assert!(actions.is_about_no_object("s3:getobjekt"));
        assert!(!actions.is_about_no_object("s3:list*"));
        assert!(!actions.is_about_no_object("s3:*bucket*"));
        assert!(!actions.has("s3:readobject") && !actions.has("s3") && !actions.has(""));
    }

    #[test]
    fn retired_services_are_listed_and_left_out() {
        for (retired, day) in RETIRED {
            let listed = TABLE.lines().any(|line| line.split(' ').next() == Some(retired));
            assert!(listed, "AWS lists {retired} no longer: remove it here");
            assert!(!existing().has(&format!("{retired}:*")), "{retired}");
            assert!(*day < actions_date());
        }
    }
}
