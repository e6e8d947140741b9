//! `bootstrap`: one Lambda binary for all functions. `_HANDLER` names the control, or the part of
//! the check of an organization's accounts.

mod configuration;
mod coverage;
mod metrics;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use plumbline_aws::handler::{self, Deadline, Handled};
use plumbline_aws::publish::config_rule::Published;
use plumbline_aws::publish::security_hub::HubAnswer;
use plumbline_aws::session::{Session, SessionOptions};
use plumbline_core::aws::AccountId;
use plumbline_core::control::Control;
use plumbline_core::evaluation::Evaluation;
use serde_json::Value;
use tokio::sync::OnceCell;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::configuration::{Configuration, Work};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_ansi(false)
        .with_env_filter(filter)
        .finish()
        // Below "debug", the runtime and the SDK log complete events and requests, including
        // tokens.
        .with(LevelFilter::DEBUG)
        .init();
    let configuration = match Configuration::from_environment(|name| std::env::var(name).ok()) {
        Ok(configuration) => configuration,
        Err(error) => {
            tracing::error!(%error, "the configuration of the function is invalid");
            return ExitCode::from(2);
        }
    };
    let function = Arc::new(Function { configuration, aws: OnceCell::new() });
    let handler = service_fn(|event: LambdaEvent<Value>| {
        let function = Arc::clone(&function);
        async move { function.handle(event).await }
    });
    match lambda_runtime::run(handler).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

struct Function {
    configuration: Configuration,
    /// The session and its account, created at the first event: a start without an event costs
    /// nothing.
    aws: OnceCell<(Session, AccountId)>,
}

impl Function {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let aws = self.aws.get_or_try_init(|| self.connect(&event)).await?;
        let settings = &self.configuration.settings;
        match &self.configuration.work {
            Work::Rule(control) => self.evaluate(control, event, aws).await,
            Work::Accounts { results } => {
                let checker = coverage::checker(settings, results, aws, &event);
                coverage::accounts(&checker, event.payload).await
            }
            Work::Account { results } => {
                let checker = coverage::checker(settings, results, aws, &event);
                coverage::account(&checker, event.payload).await
            }
        }
    }

    async fn evaluate(
        &self,
        control: &'static Control,
        event: LambdaEvent<Value>,
        (session, own_account): &(Session, AccountId),
    ) -> Result<Value, Diagnostic> {
        let started = Instant::now();
        let Configuration { settings, metrics, .. } = &self.configuration;
        let calls_before = session.calls();
        let done = match handler::run(
            control,
            event.payload,
            settings,
            session,
            own_account,
            chrono::Utc::now(),
            deadline(event.context.deadline),
        )
        .await
        {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(control = control.id.as_str(), %error, "nothing was evaluated");
                return Err(diagnostic("NothingEvaluated", error.to_string()));
            }
        };
        let failure = done.failure();
        log(
            control.id.as_str(),
            &done,
            session.calls() - calls_before,
            started,
            failure.as_deref(),
        );
        metrics::print(*metrics, control.id.as_str(), &done);
        match failure {
            None => Ok(serde_json::json!({ "control": control.id, "account": done.account,
                    "counts": done.counts, "register": done.register })),
            Some(failure) => Err(diagnostic("Incomplete", failure)),
        }
    }

    /// The function's session, and its account, from the function ARN that the runtime passes.
    async fn connect(
        &self,
        event: &LambdaEvent<Value>,
    ) -> Result<(Session, AccountId), Diagnostic> {
        let session = Session::load(SessionOptions {
            profile: None,
            region: Some(self.configuration.settings.region.clone()),
        })
        .await;
        let own_arn = &event.context.invoked_function_arn;
        let account = match plumbline_core::aws::arn_account(own_arn)
            .and_then(|account| AccountId::new(account).ok())
        {
            Some(account) => account,
            None => {
                session
                    .caller()
                    .await
                    .map_err(|error| diagnostic("NothingEvaluated", error.to_string()))?
                    .account
            }
        };
        Ok((session, account))
    }
}

fn deadline(milliseconds: u64) -> Deadline {
    end_of(milliseconds).map(Deadline::at).unwrap_or_default()
}

/// When Lambda ends the invocation, from milliseconds since 1970; `None` if Lambda gives no time.
fn end_of(milliseconds: u64) -> Option<tokio::time::Instant> {
    let now = u64::try_from(chrono::Utc::now().timestamp_millis()).unwrap_or_default();
    let left = milliseconds.checked_sub(now)?;
    Some(tokio::time::Instant::now() + Duration::from_millis(left))
}

fn diagnostic(error_type: &str, error_message: String) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message }
}

/// Logs one line for each invocation, and one for each resource that could not be assessed.
fn log(control: &str, done: &Handled, calls: u64, started: Instant, failure: Option<&str>) {
    for Evaluation { resource, reason, not_assessed, .. } in &done.outcome.evaluations {
        if not_assessed.is_some() {
            tracing::warn!(
                control,
                resource_type = resource.resource_type,
                resource_id = resource.resource_id,
                reason,
                "not assessed"
            );
        }
    }
    let (imported, hub) = match &done.hub {
        None => (0, "off"),
        Some(HubAnswer::NotEnabled) => (0, "not enabled"),
        Some(HubAnswer::Published(Published { sent, .. })) => (*sent, "on"),
    };
    let counts = done.counts;
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (account, rule) = (done.account.as_str(), done.rule_name.as_str());
    tracing::info!(
        control,
        account,
        rule,
        compliant = counts.compliant,
        non_compliant = counts.non_compliant,
        not_applicable = counts.not_applicable,
        waived = counts.waived,
        not_assessed = counts.not_assessed,
        unreadable = done.unreadable,
        evaluations_put = done.config.sent,
        evaluations_unchanged = done.config.unchanged,
        findings_imported = imported,
        security_hub = hub,
        calls,
        milliseconds,
        failure,
        "done"
    );
}
