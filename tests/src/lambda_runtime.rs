//! A Lambda runtime: serves the Runtime API to the real `bootstrap`.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiny_http::{Header, Response, Server};

use crate::environment::TestAccount;
use crate::programs::{environment, isolated, program};

/// The result of an invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The answer, or the error document.
    pub answer: Result<Value, Value>,
    /// The log is not captured here: see [`RunningFunction::stop`].
    pub request_id: String,
}

/// A running function. If its time is over before it answers, the test fails.
pub struct RunningFunction {
    process: Child,
    runtime: Server,
    account: TestAccount,
    invocations: u32,
    waiting: Option<tiny_http::Request>,
    timeout: Duration,
    /// The file of its log, if it logs to a file.
    log: Option<tempfile::NamedTempFile>,
}

/// The default time limit of a function for each step.
const TIMEOUT: Duration = Duration::from_secs(60);

impl RunningFunction {
    /// Starts the function of a control in a Region of an account.
    pub fn start(
        account: &TestAccount,
        region: &str,
        handler: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        Self::serving(account, |address| command(account, region, handler, address, variables))
    }

    /// Starts a function as it was deployed: with its own program, and the role, the handler and
    /// the variables of its configuration, as Lambda sets them.
    pub fn deployed(
        account: &TestAccount,
        region: &str,
        program: PathBuf,
        configuration: &Value,
    ) -> Self {
        let variables = configuration["Environment"]["Variables"].as_object().expect("variables");
        let variables: Vec<(&str, &str)> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")))
            .collect();
        let handler = configuration["Handler"].as_str().expect("a handler");
        let session = account.session(configuration["Role"].as_str().expect("a role"));
        Self::serving(account, |address| {
            let program = isolated(program);
            let mut command = configured(program, account, region, handler, address, &variables);
            command.envs(session);
            command
        })
    }

    /// Starts a function with a command of the test, which receives the address of its runtime.
    /// Stops it after its time limit, as AWS Lambda does.
    pub fn serve(
        account: &TestAccount,
        timeout: Duration,
        command: impl FnOnce(&str) -> Command,
    ) -> Self {
        let mut function = Self::serving(account, command);
        function.timeout = timeout;
        function
    }

    /// Starts the function of a control with its log in a file. A file holds more than a pipe,
    /// which is read only at the end.
    pub fn logging(
        account: &TestAccount,
        region: &str,
        handler: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let runtime = Server::http("127.0.0.1:0").expect("a free port");
        let address = runtime.server_addr().to_string();
        let mut command = command(account, region, handler, &address, variables);
        command
            .stdout(log.as_file().try_clone().expect("the file"))
            .stderr(log.as_file().try_clone().expect("the file"));
        Self::spawned(account, runtime, command, Some(log))
    }

    fn serving(account: &TestAccount, command: impl FnOnce(&str) -> Command) -> Self {
        let runtime = Server::http("127.0.0.1:0").expect("a free port");
        let mut command = command(&runtime.server_addr().to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::spawned(account, runtime, command, None)
    }

    fn spawned(
        account: &TestAccount,
        runtime: Server,
        mut command: Command,
        log: Option<tempfile::NamedTempFile>,
    ) -> Self {
        Self {
            process: command.spawn().expect("bootstrap starts"),
            runtime,
            account: account.clone(),
            invocations: 0,
            waiting: None,
            timeout: TIMEOUT,
            log,
        }
    }

    /// Invokes the function with an event and returns its answer.
    pub fn invoke(&mut self, event: &Value) -> Invocation {
        match self.try_invoke(event) {
            Ok(invocation) => invocation,
            Err(ended) => panic!("{ended}"),
        }
    }

    /// Invokes the function with an event and returns its answer.
    ///
    /// # Errors
    /// The output of the function, if it ended or its time was over. It no longer runs.
    pub fn try_invoke(&mut self, event: &Value) -> Result<Invocation, String> {
        self.invocations += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012}", self.invocations);
        let header = |name: &str, value: &str| Header::from_bytes(name, value).expect("a header");
        let next = self.request()?;
        assert_eq!(next.url(), "/2018-06-01/runtime/invocation/next");
        let timeout = i64::try_from(self.timeout.as_millis()).expect("a time");
        let deadline = chrono::Utc::now().timestamp_millis() + timeout;
        let response = Response::from_string(event.to_string())
            .with_header(header("Lambda-Runtime-Aws-Request-Id", &request_id))
            .with_header(header("Lambda-Runtime-Deadline-Ms", &deadline.to_string()))
            .with_header(header(
                "Lambda-Runtime-Invoked-Function-Arn",
                &format!("arn:aws:lambda:us-east-1:{}:function:plumbline-test", self.account.id),
            ))
            .with_header(header(
                "Lambda-Runtime-Trace-Id",
                "Root=1-00000000-000000000000000000000000",
            ))
            .with_header(header("Content-Type", "application/json"));
        next.respond(response).expect("the function accepts the event");
        let mut done = self.request()?;
        let mut body = String::new();
        done.as_reader().read_to_string(&mut body).expect("a body");
        let document: Value = serde_json::from_str(&body).expect("JSON");
        let answer = match done.url().rsplit('/').next() {
            Some("response") => Ok(document),
            Some("error") => Err(document),
            other => panic!("unexpected call {other:?}"),
        };
        done.respond(Response::empty(202)).expect("the function receives the acknowledgment");
        Ok(Invocation { answer, request_id })
    }

    /// Waits until the function requests its first event, and returns how long that took.
    pub fn wait_for_poll(&mut self, start: Instant) -> Duration {
        let poll = self.request().expect("the function requests an event");
        let waited = start.elapsed();
        self.waiting = Some(poll);
        waited
    }

    /// The id of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The peak memory of the function so far, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }

    fn request(&mut self) -> Result<tiny_http::Request, String> {
        if let Some(request) = self.waiting.take() {
            return Ok(request);
        }
        let end = Instant::now() + self.timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let request = self.runtime.recv_timeout(left.min(Duration::from_millis(500)));
            if let Some(request) = request.expect("the runtime works") {
                return Ok(request);
            }
            let has_ended = self.process.try_wait().is_ok_and(|status| status.is_some());
            if has_ended || left.is_zero() {
                return Err(format!("the function did not call: {}", self.output()));
            }
        }
    }

    fn output(&mut self) -> String {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let mut text = String::new();
        if let Some(log) = &self.log {
            text.push_str(&std::fs::read_to_string(log.path()).unwrap_or_default());
        }
        if let Some(mut out) = self.process.stdout.take() {
            let _ = out.read_to_string(&mut text);
        }
        if let Some(mut err) = self.process.stderr.take() {
            let _ = err.read_to_string(&mut text);
        }
        text
    }

    /// Stops the function and returns its log unchanged.
    pub fn stop_raw(mut self) -> String {
        self.output()
    }

    /// Stops the function and returns its log, one JSON document per line.
    pub fn stop(mut self) -> Vec<Value> {
        self.output()
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|_| panic!("a log line is not JSON: {line}"))
            })
            .collect()
    }
}

impl Drop for RunningFunction {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The command of a function whose runtime is at an address.
pub fn command(
    account: &TestAccount,
    region: &str,
    handler: &str,
    address: &str,
    variables: &[(&str, &str)],
) -> Command {
    configured(isolated(program("bootstrap")), account, region, handler, address, variables)
}

/// A command with the environment of a function.
pub fn configured(
    mut command: Command,
    account: &TestAccount,
    region: &str,
    handler: &str,
    address: &str,
    variables: &[(&str, &str)],
) -> Command {
    command
        .envs(environment(account, region))
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("_HANDLER", handler)
        .env("AWS_LAMBDA_FUNCTION_NAME", "plumbline-test")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
        .env("PLUMBLINE_JITTER_MS", "0")
        .envs(variables.iter().copied());
    command
}

/// The properties of a rule event.
#[derive(Clone, Debug)]
pub struct ConfigEvent<'a> {
    /// The account of the rule.
    pub account: &'a TestAccount,
    /// Its Region.
    pub region: &'a str,
    /// Its name.
    pub rule: &'a str,
    /// Its parameters.
    pub parameters: Value,
    /// Whether the resource left the rule's scope.
    pub left_scope: bool,
    /// Whether the rule belongs to a conformance pack.
    pub is_of_pack: bool,
}

impl<'a> ConfigEvent<'a> {
    /// An event for a rule without parameters.
    pub fn of(account: &'a TestAccount, region: &'a str, rule: &'a str) -> Self {
        Self { account, region, rule, parameters: json!({}), left_scope: false, is_of_pack: true }
    }

    /// The event around an invoking event. It carries a new token.
    pub fn around(&self, invoking: &Value) -> Value {
        let Self { account, region, rule, parameters, left_scope, is_of_pack } = self;
        let pack = if *is_of_pack { "aws-service-rule/config-conforms.amazonaws.com/" } else { "" };
        json!({
            "version": "1.0",
            "invokingEvent": invoking.to_string(),
            "ruleParameters": parameters.to_string(),
            "resultToken": account.token(region, rule),
            "eventLeftScope": left_scope,
            "executionRoleArn": format!(
                "arn:aws:iam::{}:role/aws-service-role/config.amazonaws.com/\
                 AWSServiceRoleForConfig",
                account.id
            ),
            "configRuleArn": format!(
                "arn:aws:config:{region}:{}:config-rule/{pack}config-rule-abc123",
                account.id
            ),
            "configRuleName": rule,
            "configRuleId": "config-rule-abc123",
            "accountId": account.id
        })
    }

    /// A scheduled event.
    pub fn scheduled(&self) -> Value {
        self.around(&json!({
            "awsAccountId": self.account.id, "notificationCreationTime": now(),
            "messageType": "ScheduledNotification", "recordVersion": "1.0"
        }))
    }

    /// The event of a changed resource.
    pub fn changed(&self, item: &Value) -> Value {
        self.around(&json!({
            "configurationItemDiff": null, "configurationItem": item,
            "notificationCreationTime": now(),
            "messageType": "ConfigurationItemChangeNotification", "recordVersion": "1.3"
        }))
    }

    /// The event of a changed resource whose item is too large.
    pub fn oversized(&self, item: &Value) -> Value {
        let mut summary = item.clone();
        for member in ["configuration", "supplementaryConfiguration", "tags", "relationships"] {
            summary.as_object_mut().expect("an object").remove(member);
        }
        self.around(&json!({
            "configurationItemSummary": summary, "s3DeliverySummary": null,
            "notificationCreationTime": now(),
            "messageType": "OversizedConfigurationItemChangeNotification", "recordVersion": "1.0"
        }))
    }
}

/// A valid expiry date of a register entry.
pub fn in_a_month() -> String {
    (chrono::Utc::now() + chrono::TimeDelta::days(30)).date_naive().to_string()
}

/// A scheduled event of a rule in a large account, with the token that the account accepts.
pub fn scheduled_with(account: &str, region: &str, rule: &str) -> Value {
    json!({
        "version": "1.0",
        "invokingEvent": json!({ "awsAccountId": account, "notificationCreationTime": now(),
            "messageType": "ScheduledNotification", "recordVersion": "1.0" }).to_string(),
        "ruleParameters": "{}",
        "resultToken": crate::large_account::LargeAccount::token(rule),
        "configRuleArn":
            format!("arn:aws:config:{region}:{account}:config-rule/config-rule-abc123"),
        "configRuleName": rule,
        "configRuleId": "config-rule-abc123",
        "accountId": account
    })
}

/// The time, as AWS Config writes it.
pub fn now() -> String {
    chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
