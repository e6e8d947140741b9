//! Rate limits and faults.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http_server::{HttpAnswer, Reply};

/// The rate limit of an operation: a token bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Calls per second.
    pub per_second: f64,
    /// The burst: calls at the same time.
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

/// The fault in every answer of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breakage {
    /// The operation sends no answer.
    Hang,
    /// The connection is reset.
    Reset,
    /// HTTP 500.
    ServerError,
    /// Too many calls.
    Throttled,
    /// Access denied.
    Denied,
    /// HTTP 200 without a body.
    Empty,
    /// HTTP 204.
    NoContent,
    /// HTTP 200 with a document that has no members.
    NoMembers,
    /// HTTP 200 with an HTML page, as proxies send it.
    Html,
    /// Half of the correct body; then the connection closes.
    Cut,
    /// Half of the correct body, with the length of that half.
    Truncated,
    /// One byte per second.
    Trickle,
    /// An endless number of pages, each with a new token.
    EndlessPages,
}

impl Breakage {
    /// All faults.
    pub const ALL: [Self; 13] = [
        Self::Hang,
        Self::Reset,
        Self::ServerError,
        Self::Throttled,
        Self::Denied,
        Self::Empty,
        Self::NoContent,
        Self::NoMembers,
        Self::Html,
        Self::Cut,
        Self::Truncated,
        Self::Trickle,
        Self::EndlessPages,
    ];

    fn reply(self, operation: &str, right: HttpAnswer, count: u64) -> Reply {
        Reply::Whole(match self {
            Self::Hang => return Reply::Hang(Duration::from_secs(3_600)),
            Self::Reset => return Reply::Reset,
            Self::Cut => return Reply::Cut(right),
            Self::Trickle => return Reply::Trickle(right, Duration::from_secs(1)),
            Self::ServerError => refusal(operation, "InternalFailure", 500),
            Self::Throttled => throttled(operation),
            Self::Denied => refusal(operation, "AccessDeniedException", 403),
            Self::Empty => HttpAnswer { body: Vec::new(), ..right },
            Self::NoContent => HttpAnswer { body: Vec::new(), ..right.with_status(204) },
            Self::NoMembers if right.body.starts_with(b"<") => {
                HttpAnswer { body: b"<Answer></Answer>".to_vec(), ..right }
            }
            Self::NoMembers => HttpAnswer { body: b"{}".to_vec(), ..right },
            Self::Html => HttpAnswer::new("text/html", "<html><body>Please sign in</body></html>"),
            Self::Truncated => {
                let half = right.body.len() / 2;
                HttpAnswer { body: right.body[..half].to_vec(), ..right }
            }
            Self::EndlessPages => with_token(right, &format!("more-{count}")),
        })
    }
}

/// An answer that promises another page.
fn with_token(answer: HttpAnswer, token: &str) -> HttpAnswer {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let body = match serde_json::from_str::<Value>(&text) {
        Ok(mut document) => {
            document["NextToken"] = json!(token);
            document["NextMarker"] = json!(token);
            document["Truncated"] = json!(true);
            document.to_string()
        }
        Err(_) => match text.rfind("</") {
            Some(end) => format!(
                "{}<nextToken>{token}</nextToken><ContinuationToken>{token}</ContinuationToken>{}",
                &text[..end],
                &text[end..]
            ),
            None => text,
        },
    };
    HttpAnswer { body: body.into_bytes(), ..answer }
}

/// An operation with a fault.
#[derive(Debug)]
struct Broken {
    breakage: Breakage,
    /// How many answers still have the fault; without a number, all.
    left: Option<u32>,
    count: u64,
}

/// The faults of an account.
#[derive(Debug, Default)]
pub struct Faults {
    /// The response time.
    pub latency: Duration,
    rates: Mutex<Vec<(Vec<String>, TokenBucket)>>,
    /// The share of calls of an operation that are throttled, by chance.
    shares: BTreeMap<String, f64>,
    random: Mutex<u64>,
    broken: Mutex<BTreeMap<String, Broken>>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// No faults, with a seed for random numbers.
    pub fn seeded(seed: u64) -> Self {
        // The first numbers of small seeds are similar.
        let random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self { random: Mutex::new(random), ..Self::default() }
    }

    /// The same with a response time.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The same with a rate limit that the named operations share. A name can end in `*`.
    pub fn rate(self, operations: &[&str], per_second: f64, burst: f64) -> Self {
        let operations = operations.iter().map(|name| (*name).to_owned()).collect();
        let rate = Rate { per_second, burst };
        let bucket = TokenBucket { rate, tokens: burst, last: Instant::now() };
        locked(&self.rates).push((operations, bucket));
        self
    }

    /// The rate limits that AWS documents for publishing.
    pub fn publishing_rates(self) -> Self {
        self.rate(&["securityhub:GetFindings"], 3.0, 6.0).rate(
            &["securityhub:BatchImportFindings"],
            10.0,
            30.0,
        )
    }

    /// The rate limits that AWS documents for the operations of controls, and for publishing. Those
    /// of `iam:GenerateCredentialReport` and of AWS KMS are assumptions: the former is not
    /// documented, and the latter is the part that other callers leave.
    pub fn documented_rates(self) -> Self {
        let trails = [
            "cloudtrail:ListTrails",
            "cloudtrail:DescribeTrails",
            "cloudtrail:GetTrail",
            "cloudtrail:GetTrailStatus",
            "cloudtrail:GetEventSelectors",
        ];
        self.publishing_rates()
            .rate(&trails, 10.0, 10.0)
            .rate(&["logs:DescribeMetricFilters"], 5.0, 5.0)
            .rate(&["cloudwatch:DescribeAlarms"], 9.0, 9.0)
            .rate(&["sns:ListSubscriptionsByTopic"], 30.0, 30.0)
            .rate(&["ec2:Describe*"], 20.0, 100.0)
            .rate(&["iam:GenerateCredentialReport"], 1.0, 1.0)
            .rate(&["kms:*"], 10.0, 10.0)
    }

    /// The same with a share of throttled calls, for an operation or for all (`*`).
    pub fn share(mut self, operation: &str, share: f64) -> Self {
        self.shares.insert(operation.to_owned(), share);
        self
    }

    /// Adds a fault to the next answers of an operation, a number of them or all.
    pub fn breaks(&self, operation: &str, breakage: Breakage, times: Option<u32>) {
        let broken = Broken { breakage, left: times, count: 0 };
        locked(&self.broken).insert(operation.to_owned(), broken);
    }

    /// Removes all faults.
    pub fn mended(&self) {
        locked(&self.broken).clear();
    }

    /// The answer of a throttled call; nothing if the call is not throttled.
    pub(crate) fn throttle(&self, operation: &str) -> Option<HttpAnswer> {
        let is_of = |name: &String| match name.strip_suffix('*') {
            Some(prefix) => operation.starts_with(prefix),
            None => name == operation,
        };
        let over_rate = locked(&self.rates)
            .iter_mut()
            .any(|(names, bucket)| names.iter().any(is_of) && !bucket.take());
        let by_chance =
            self.shares.iter().any(|(name, share)| is_of(name) && self.chance() < *share);
        (over_rate || by_chance).then(|| throttled(operation))
    }

    /// How an answer is sent.
    pub(crate) fn reply(&self, operation: &str, right: HttpAnswer) -> Reply {
        let mut broken = locked(&self.broken);
        match broken.get_mut(operation) {
            Some(broken) if broken.left != Some(0) => {
                broken.left = broken.left.map(|left| left - 1);
                broken.count += 1;
                broken.breakage.reply(operation, right, broken.count)
            }
            _ => Reply::Whole(right),
        }
    }

    /// The next number from 0 to 1 (xorshift).
    fn chance(&self) -> f64 {
        let mut random = locked(&self.random);
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let bits = u32::try_from(*random >> 32).unwrap_or_default();
        f64::from(bits) / f64::from(u32::MAX)
    }
}

/// The error code of a service for too many calls.
fn throttled(operation: &str) -> HttpAnswer {
    match operation.split_once(':') {
        Some(("s3", _)) => refusal(operation, "SlowDown", 503),
        Some(("ec2", _)) => refusal(operation, "RequestLimitExceeded", 503),
        Some(("iam" | "sns", _)) => refusal(operation, "Throttling", 400),
        Some(("securityhub", _)) => refusal(operation, "TooManyRequestsException", 429),
        _ => refusal(operation, "ThrottlingException", 400),
    }
}

/// An error in the protocol of a service.
fn refusal(operation: &str, code: &str, status: u16) -> HttpAnswer {
    let error = format!("<Code>{code}</Code><Message>It was not answered</Message>");
    match operation.split_once(':') {
        Some(("s3", _)) => HttpAnswer::xml(format!("<Error>{error}</Error>")),
        Some(("ec2", _)) => HttpAnswer::xml(format!(
            "<Response><Errors><Error>{error}</Error></Errors><RequestID>r</RequestID></Response>"
        )),
        Some(("cloudwatch", _)) => {
            let body = [
                vec![0xa2],
                cbor_text("__type"),
                cbor_text(code),
                cbor_text("message"),
                cbor_text("It was not answered"),
            ];
            let mut answer = HttpAnswer::new("application/cbor", body.concat());
            answer.headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
            answer
        }
        Some(("iam" | "sns" | "sts", _)) => HttpAnswer::xml(format!(
            "<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
        )),
        _ => HttpAnswer::json(&json!({ "__type": code, "message": "It was not answered" })),
    }
    .with_status(status)
}

/// A text of up to 255 bytes as CBOR (RFC 8949).
fn cbor_text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    [&[0x78, length][..], text.as_bytes()].concat()
}
