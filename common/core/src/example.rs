//! Examples of controls: situations with the resulting verdicts. They run as tests and appear on
//! the control's page.

use chrono::{DateTime, TimeDelta, Utc};

use crate::answer::{Answer, Cause, ReadError};
use crate::aws::{AccountId, Partition};
use crate::evaluation::Compliance;
use crate::fact::{Facts, Key};
use crate::facts::Fact;
use crate::parameters::Values;
use crate::register::Register;
use crate::view::Context;

/// The account of the examples.
pub const ACCOUNT_ID: &str = "111122223333";
/// The Region of the examples.
pub const REGION: &str = "us-east-1";

/// The time of the examples.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_268_800, 0).unwrap_or_default() // 2026-01-01T12:00:00Z
}

/// The time a number of days before the time of the examples.
pub fn days_ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

/// The expected result for one resource.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The resource's id.
    pub resource_id: String,
    /// The outcome.
    pub compliance: Compliance,
    /// A part of the reason.
    pub reason: String,
}

/// A situation with the resulting verdicts.
#[derive(Clone, Debug)]
pub struct Example {
    /// The situation, a short noun phrase: `a user whose only key was used yesterday`.
    pub situation: &'static str,
    /// The facts.
    pub facts: Facts,
    /// Parameters that differ from the defaults.
    pub parameters: Values,
    /// Attestations and exceptions.
    pub register: Register,
    /// Where and when.
    pub context: Context,
    /// The expected results.
    pub expected: Vec<Expected>,
}

impl Example {
    /// Creates a situation without facts.
    pub fn new(situation: &'static str) -> Self {
        let context = Context {
            account: AccountId::new(ACCOUNT_ID).unwrap_or_else(|_| unreachable!("twelve digits")),
            partition: Partition::Aws,
            region: REGION.to_owned(),
            home_region: REGION.to_owned(),
            now: now(),
        };
        Self {
            situation,
            facts: Facts::default(),
            parameters: Values::new(),
            register: Register::new(Vec::new(), Vec::new()),
            context,
            expected: Vec::new(),
        }
    }

    /// Adds a fact of the account.
    pub fn account(self, fact: impl Into<Fact>) -> Self {
        let fact = fact.into();
        self.answer(Key::account(fact.kind()), Ok(fact))
    }

    /// Adds a fact of the Region.
    pub fn region(self, fact: impl Into<Fact>) -> Self {
        let fact = fact.into();
        self.answer(Key::region(fact.kind(), REGION), Ok(fact))
    }

    /// Adds a fact of a resource in the Region.
    pub fn resource(self, id: &str, fact: impl Into<Fact>) -> Self {
        let fact = fact.into();
        self.answer(Key::resource(fact.kind(), REGION, id), Ok(fact))
    }

    /// Adds a fact to which AWS denies access.
    pub fn denied(self, key: Key) -> Self {
        let operation = key.kind.reads().first().map_or("", |read| read.name);
        self.answer(key, Err(ReadError::new(operation, Cause::Denied, "AccessDenied")))
    }

    /// Adds a fact, or the reason why it could not be read.
    pub fn answer(mut self, key: Key, answer: Answer<Fact>) -> Self {
        self.facts.insert(key, answer);
        self
    }

    /// Sets a parameter.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets attestations and exceptions.
    pub fn register(mut self, register: Register) -> Self {
        self.register = register;
        self
    }

    /// Sets another partition.
    pub fn partition(mut self, partition: Partition) -> Self {
        self.context.partition = partition;
        self
    }

    /// Expects a verdict on the account, with a part of the reason.
    pub fn expect(self, compliance: Compliance, reason: &str) -> Self {
        self.expect_of(ACCOUNT_ID, compliance, reason)
    }

    /// Expects that a resource passes, with a part of the reason.
    pub fn passes(self, resource_id: &str, reason: &str) -> Self {
        self.expect_of(resource_id, Compliance::Compliant, reason)
    }

    /// Expects that a resource fails, with a part of the reason.
    pub fn fails(self, resource_id: &str, reason: &str) -> Self {
        self.expect_of(resource_id, Compliance::NonCompliant, reason)
    }

    /// Expects that a resource is not assessed, with a part of the reason.
    pub fn not_assessed(self, resource_id: &str, reason: &str) -> Self {
        self.expect_of(resource_id, Compliance::NotAssessed, reason)
    }

    /// Expects that the failure of a resource is waived, with a part of the reason.
    pub fn waived(self, resource_id: &str, reason: &str) -> Self {
        self.expect_of(resource_id, Compliance::Waived, reason)
    }

    /// Expects that a resource is not applicable, with a part of the reason.
    pub fn not_applicable(self, resource_id: &str, reason: &str) -> Self {
        self.expect_of(resource_id, Compliance::NotApplicable, reason)
    }

    fn expect_of(mut self, resource_id: &str, compliance: Compliance, reason: &str) -> Self {
        self.expected.push(Expected {
            resource_id: resource_id.to_owned(),
            compliance,
            reason: reason.to_owned(),
        });
        self
    }
}
