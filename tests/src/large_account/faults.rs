//! Rates and faults.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::call::HttpAnswer;

/// How often an operation may be called: a token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Calls a second.
    pub per_second: f64,
    /// Calls at once.
    pub burst: f64,
}

#[derive(Debug)]
struct TokenBucket {
    rate: Rate,
    tokens: f64,
    last: Instant,
}

impl TokenBucket {
    fn take(&mut self) -> bool {
        let now = Instant::now();
        let gained = now.duration_since(self.last).as_secs_f64() * self.rate.per_second;
        self.tokens = (self.tokens + gained).min(self.rate.burst);
        self.last = now;
        let has = self.tokens >= 1.0;
        if has {
            self.tokens -= 1.0;
        }
        has
    }
}

/// What goes wrong.
#[derive(Debug, Default)]
pub struct Faults {
    /// How long an answer takes.
    pub latency: Duration,
    rates: Mutex<BTreeMap<String, TokenBucket>>,
    shared: BTreeMap<String, String>,
    /// The share of calls of an operation that are throttled, by chance.
    shares: BTreeMap<String, f64>,
    random: Mutex<u64>,
}

impl Faults {
    /// None, with the chance of a seed.
    pub fn seeded(seed: u64) -> Self {
        Self { random: Mutex::new(seed | 1), ..Self::default() }
    }

    /// The same with a time for each answer.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The same with a rate, which operations of the given names share.
    pub fn rate(mut self, operations: &[&str], per_second: f64, burst: f64) -> Self {
        let name = operations.join(" ");
        let rate = Rate { per_second, burst };
        let bucket = TokenBucket { rate, tokens: burst, last: Instant::now() };
        self.rates.get_mut().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), bucket);
        for operation in operations {
            self.shared.insert((*operation).to_owned(), name.clone());
        }
        self
    }

    /// The rates that AWS documents for publishing.
    pub fn publishing_rates(self) -> Self {
        self.rate(&["securityhub:GetFindings"], 3.0, 6.0).rate(
            &["securityhub:BatchImportFindings"],
            10.0,
            30.0,
        )
    }

    /// The same with a share of calls that are throttled.
    pub fn share(mut self, operation: &str, share: f64) -> Self {
        self.shares.insert(operation.to_owned(), share);
        self
    }

    /// The answer of a throttled call; nothing when it is let through.
    pub(super) fn throttle(&self, operation: &str) -> Option<HttpAnswer> {
        let over_rate = self.shared.get(operation).is_some_and(|name| {
            let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
            rates.get_mut(name).is_some_and(|bucket| !bucket.take())
        });
        let by_chance = self.shares.get(operation).is_some_and(|share| self.chance() < *share);
        (over_rate || by_chance).then(|| refusal(operation))
    }

    /// The next number from 0 to 1 (xorshift).
    fn chance(&self) -> f64 {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let bits = u32::try_from(*random >> 32).unwrap_or_default();
        f64::from(bits) / f64::from(u32::MAX)
    }
}

/// What the service says to too many calls.
fn refusal(operation: &str) -> HttpAnswer {
    match operation.split_once(':') {
        Some(("s3", _)) => HttpAnswer::xml(
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your \
             request rate.</Message></Error>"
                .to_owned(),
        )
        .with_status(503),
        Some(("iam" | "ec2", _)) => HttpAnswer::xml(
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate \
             exceeded</Message></Error></ErrorResponse>"
                .to_owned(),
        )
        .with_status(400),
        Some(("securityhub", _)) => HttpAnswer::json(
            &json!({ "__type": "TooManyRequestsException", "message": "Rate exceeded" }),
        )
        .with_status(429),
        _ => HttpAnswer::json(
            &json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }),
        )
        .with_status(400),
    }
}
