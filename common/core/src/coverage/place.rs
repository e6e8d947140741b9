//! The state of a Region of an account, derived from the responses of AWS. Pure: tests compare
//! responses and states in tables.

use chrono::{DateTime, TimeDelta, Utc};

use super::document::StaleRule;
use super::functions::{ExpectedControl, RuleFunction, ServingFunctions};
use super::state::{CoverageOutcome, CoverageState, WithoutConfig};
use crate::answer::{Answer, Cause, ReadError};
use crate::benchmark::ControlId;
use crate::operation::sts;
use crate::time::seconds;

/// The number of hours after its last successful evaluation when a rule is no longer current. Rules
/// are evaluated every day.
pub const CURRENT_HOURS: i64 = 36;

/// The text with which AWS reports a denial by a service control policy:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.
const DENIED_BY_POLICY: &str = "explicit deny in a service control policy";

/// The maximum number of names in a reason.
const NAMED: usize = 5;

/// The recorder of AWS Config in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecorderState {
    /// It does not exist.
    Absent,
    /// It does not record.
    Stopped,
    /// It records.
    Recording,
}

/// A rule of a conformance pack for one of the controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleStatus {
    /// The control.
    pub control: ControlId,
    /// The full name of the rule.
    pub name: String,
    /// When it was created.
    pub activated: Option<DateTime<Utc>>,
    /// When it was last evaluated successfully.
    pub succeeded: Option<DateTime<Utc>>,
    /// The code and message of the last failure, if it is later than the last success.
    pub error: Option<String>,
}

/// The facts about a Region of an account.
#[derive(Clone, Debug)]
pub struct PlaceFacts<'a> {
    /// Whether the account has enabled the Region.
    pub is_enabled: bool,
    /// Its recorder.
    pub recorder: Answer<RecorderState>,
    /// The rules of packs for the expected controls.
    pub rules: Answer<Vec<RuleStatus>>,
    /// The rules with Lambda functions.
    pub functions: Answer<Vec<RuleFunction>>,
    /// The functions that the rules of the packs call.
    pub serving: ServingFunctions,
    /// Whether another service responds there; `None` if the rules suffice.
    pub probe: Option<Answer<()>>,
    /// The controls that have to be covered.
    pub expected: &'a [ExpectedControl],
    /// Whether conformance packs were deployed, so that a recorder without rules is an error.
    pub has_packs: bool,
    /// The action without AWS Config.
    pub without_config: WithoutConfig,
    /// The time of the check.
    pub now: DateTime<Utc>,
}

/// The decision about a Region of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceDecision {
    /// Its state. [`CoverageState::Scanned`] is valid after the scan only.
    pub state: CoverageState,
    /// The outcome of the state.
    pub outcome: CoverageOutcome,
    /// The reason, if the state is not as required.
    pub reason: Option<String>,
    /// The controls without a rule.
    pub missing: Vec<ControlId>,
    /// The missing controls to scan.
    pub scan: Vec<ControlId>,
    /// The rules to evaluate now.
    pub start: Vec<String>,
    /// The rules whose results are not current.
    pub stale: Vec<StaleRule>,
}

impl PlaceDecision {
    fn new(state: CoverageState, reason: Option<String>) -> Self {
        Self {
            state,
            outcome: state.outcome(),
            reason,
            missing: Vec::new(),
            scan: Vec::new(),
            start: Vec::new(),
            stale: Vec::new(),
        }
    }

    /// Turns it into a failure, with one more reason.
    fn fail(&mut self, state: CoverageState, reason: String) {
        self.state = self.state.max(state);
        self.outcome = CoverageOutcome::Failed;
        self.reason = Some(match self.reason.take() {
            Some(before) => format!("{before}; {reason}"),
            None => reason,
        });
    }
}

impl PlaceFacts<'_> {
    /// Whether another service has to be called: many policies that deny Regions exempt AWS Config.
    pub fn needs_probe(&self) -> bool {
        let is_denied = |error: &ReadError| error.is_denied_by_organization();
        self.is_enabled
            && (self.rules.as_ref().map_or_else(is_denied, Vec::is_empty)
                || self.recorder.as_ref().is_err_and(is_denied))
    }

    /// Decides the state, and what remains to do.
    pub fn decide(&self) -> PlaceDecision {
        use CoverageState::{RegionDenied, RegionNotEnabled};
        if !self.is_enabled {
            return PlaceDecision::new(RegionNotEnabled, None);
        }
        if let Some(Err(error)) = &self.probe
            && error.is_denied_by_organization()
        {
            return PlaceDecision::new(RegionDenied, None);
        }
        let (recorder, rules, functions) = match (&self.recorder, &self.rules, &self.functions) {
            (Ok(recorder), Ok(rules), Ok(functions)) => (*recorder, rules, functions),
            (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => return unread(error),
        };
        if let Some(Err(error)) = &self.probe {
            return unread(error);
        }
        let serves = |rule: &&RuleStatus| {
            let of_rule = functions.iter().filter(|function| function.rule == rule.name);
            of_rule.into_iter().any(|function| self.serving.serve(function, self.expected))
        };
        let rules: Vec<&RuleStatus> = rules.iter().filter(serves).collect();
        let missing: Vec<ControlId> = self
            .expected
            .iter()
            .map(|control| control.id)
            .filter(|id| rules.iter().all(|rule| rule.control != *id))
            .collect();
        let mut decision = if rules.is_empty() {
            self.without_rules(recorder)
        } else {
            self.with_rules(recorder, &rules, &missing)
        };
        let foreign = self.serving.foreign(functions, self.expected);
        if !foreign.is_empty() {
            decision.fail(CoverageState::Drifted, foreign_reason(&foreign));
        }
        if self.without_config == WithoutConfig::Scan {
            decision.scan.clone_from(&missing);
        }
        decision.missing = missing;
        decision
    }

    fn without_rules(&self, recorder: RecorderState) -> PlaceDecision {
        let records = recorder == RecorderState::Recording;
        if records && self.has_packs {
            let reason = "AWS Config records, but has no rules of the conformance packs".to_owned();
            return PlaceDecision::new(CoverageState::PackMissing, Some(reason));
        }
        let reason = match recorder {
            RecorderState::Absent => "AWS Config has no recorder",
            RecorderState::Stopped => "the AWS Config recorder is stopped",
            RecorderState::Recording => "AWS Config has no rules of the conformance packs",
        };
        if self.without_config == WithoutConfig::Scan {
            return PlaceDecision::new(CoverageState::Scanned, Some(reason.to_owned()));
        }
        let mut decision = PlaceDecision::new(CoverageState::NoRecorder, Some(reason.to_owned()));
        if self.without_config == WithoutConfig::Off {
            decision.outcome = CoverageOutcome::Skipped;
        }
        decision
    }

    fn with_rules(
        &self,
        recorder: RecorderState,
        rules: &[&RuleStatus],
        missing: &[ControlId],
    ) -> PlaceDecision {
        let mut decision = PlaceDecision::new(CoverageState::Covered, None);
        let mut reasons = Vec::new();
        let oldest = self.now - TimeDelta::hours(CURRENT_HOURS);
        let is_current = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at >= oldest);
        for control in self.expected {
            let of_control: Vec<&RuleStatus> =
                rules.iter().copied().filter(|rule| rule.control == control.id).collect();
            let never = of_control.iter().filter(|rule| rule.succeeded.is_none());
            decision.start.extend(never.map(|rule| rule.name.clone()));
            // A rule that was never evaluated has the same number of hours after its creation. Each
            // of several rules of a control has results.
            let is_old = |rule: &&&RuleStatus| match rule.succeeded {
                Some(at) => !is_current(Some(at)),
                None => !is_current(rule.activated),
            };
            let oldest = of_control.iter().filter(is_old).min_by_key(|rule| rule.succeeded);
            decision.stale.extend(oldest.map(|rule| StaleRule {
                control: rule.control.to_string(),
                rule: rule.name.clone(),
                evaluated_at: rule.succeeded,
                error: rule.error.clone(),
            }));
        }
        if !missing.is_empty() {
            decision.state = CoverageState::PackMissing;
            let names: Vec<&str> = missing.iter().map(|id| id.as_str()).collect();
            let (all, number) = (self.expected.len(), missing.len());
            reasons.push(format!("{number} of {all} rules are missing: {}", shortened(&names)));
        }
        if !decision.stale.is_empty() {
            decision.state = CoverageState::Stale;
            reasons.push(stale_reason(&decision.stale));
        }
        if recorder != RecorderState::Recording {
            decision.state = CoverageState::Stale;
            let what = if recorder == RecorderState::Absent {
                "does not exist"
            } else {
                "is \
                stopped"
            };
            reasons.push(format!("the AWS Config recorder {what}: changes are not recorded"));
        }
        decision.outcome = decision.state.outcome();
        decision.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
        decision
    }
}

/// States which rules are not current, and since when.
fn stale_reason(stale: &[StaleRule]) -> String {
    let names: Vec<&str> = stale.iter().map(|rule| rule.control.as_str()).collect();
    let oldest = match stale.iter().map(|rule| rule.evaluated_at).min() {
        Some(Some(at)) => format!("the oldest result is from {}", seconds(at)),
        _ => "at least one was never evaluated".to_owned(),
    };
    let error = stale.iter().find_map(|rule| rule.error.as_deref());
    let error = error.map(|error| format!(" ({error})")).unwrap_or_default();
    let number = stale.len();
    let rules = if number == 1 { "rule was" } else { "rules were" };
    format!(
        "{number} {rules} not evaluated within {CURRENT_HOURS} hours: {}; {oldest}{error}",
        shortened(&names)
    )
}

/// The rules that call another function than that of their control.
fn foreign_reason(foreign: &[&RuleFunction]) -> String {
    let rules: Vec<String> =
        foreign.iter().map(|rule| format!("'{}' calls '{}'", rule.rule, rule.function)).collect();
    let names: Vec<&str> = rules.iter().map(String::as_str).collect();
    let number = foreign.len();
    let what = if number == 1 { "rule is" } else { "rules are" };
    format!("{number} {what} not part of the deployed packs: {}", shortened(&names))
}

/// The first names, and the number of the others.
fn shortened(names: &[&str]) -> String {
    let first: Vec<&str> = names.iter().take(NAMED).copied().collect();
    let others = names.len().saturating_sub(NAMED);
    let others = if others > 0 { format!(" and {others} others") } else { String::new() };
    format!("{}{others}", first.join(", "))
}

/// The state if a required fact could not be read.
fn unread(error: &ReadError) -> PlaceDecision {
    let state = if error.cause == Cause::Denied && !error.is_denied_by_organization() {
        CoverageState::RoleBroken
    } else {
        CoverageState::Failed
    };
    PlaceDecision::new(state, Some(error.to_string()))
}

/// The state of an account that cannot be read: its role does not exist, its trust policy
/// does not allow the caller, or the role lacks permissions. The management account, which stack
/// sets exclude, needs no role.
pub fn unassumable(error: &ReadError, is_management: bool) -> (CoverageState, String) {
    let is_role = error.cause == Cause::Denied;
    let state = match is_role {
        true if is_management && error.operation == sts::ASSUME_ROLE.name => {
            CoverageState::ManagementAccount
        }
        true => CoverageState::RoleBroken,
        false => CoverageState::Failed,
    };
    (state, error.to_string())
}

impl ReadError {
    /// Whether a service control policy denied the call.
    pub fn is_denied_by_organization(&self) -> bool {
        self.cause == Cause::Denied && self.message.contains(DENIED_BY_POLICY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::AccountId;
    use crate::operation::config;

    const HOME: &str = "us-east-1";
    const IDS: [&str; 2] = ["1.4", "5.2"];

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
    }

    fn expected() -> Vec<ExpectedControl> {
        IDS.iter()
            .map(|id| ExpectedControl { id: ControlId::new(id), rule_name: format!("cis-{id}") })
            .collect()
    }

    fn rule(id: &'static str, succeeded: Option<i64>, activated: Option<i64>) -> RuleStatus {
        let ago = |hours: i64| now() - TimeDelta::hours(hours);
        RuleStatus {
            control: ControlId::new(id),
            name: format!("cis-{id}-conformance-pack-a1"),
            activated: activated.map(ago),
            succeeded: succeeded.map(ago),
            error: None,
        }
    }

    fn deployer() -> AccountId {
        AccountId::new("111122223333").expect("an id")
    }

    /// The function that a rule of the packs calls.
    fn function(rule: &RuleStatus) -> RuleFunction {
        let name = format!("plumbline-central-{}", rule.control.dashed());
        let function = format!("arn:aws:lambda:{HOME}:{}:function:{name}", deployer());
        RuleFunction { rule: rule.name.clone(), function }
    }

    fn denied(message: &str) -> ReadError {
        let operation = config::DESCRIBE_CONFIG_RULE_EVALUATION_STATUS.name;
        let error = ReadError::new(operation, Cause::Denied, "AccessDeniedException");
        ReadError { message: message.to_owned(), ..error }
    }

    fn by_organization() -> ReadError {
        denied(
            "User: x is not authorized to perform: y with an explicit deny in a service control \
             policy",
        )
    }

    struct Case {
        what: &'static str,
        is_enabled: bool,
        recorder: Answer<RecorderState>,
        rules: Answer<Vec<RuleStatus>>,
        functions: Answer<Vec<RuleFunction>>,
        probe: Option<Answer<()>>,
        has_packs: bool,
        without_config: WithoutConfig,
    }

    impl Case {
        fn new(what: &'static str, rules: Vec<RuleStatus>) -> Self {
            Self {
                what,
                is_enabled: true,
                recorder: Ok(RecorderState::Recording),
                probe: rules.is_empty().then_some(Ok(())),
                functions: Ok(rules.iter().map(function).collect()),
                rules: Ok(rules),
                has_packs: true,
                without_config: WithoutConfig::Scan,
            }
        }

        fn decide(self) -> PlaceDecision {
            let expected = expected();
            let facts = PlaceFacts {
                is_enabled: self.is_enabled,
                recorder: self.recorder,
                rules: self.rules,
                functions: self.functions,
                serving: ServingFunctions { account: deployer(), region: HOME.to_owned() },
                probe: self.probe,
                expected: &expected,
                has_packs: self.has_packs,
                without_config: self.without_config,
                now: now(),
            };
            assert!(!facts.needs_probe() || facts.probe.is_some(), "{}", self.what);
            facts.decide()
        }
    }

    fn fresh() -> Vec<RuleStatus> {
        vec![rule("1.4", Some(1), Some(900)), rule("5.2", Some(35), Some(900))]
    }

    #[test]
    fn states_of_places() {
        use CoverageOutcome::{Covered as Well, Failed as Bad, Skipped};
        use CoverageState::*;
        let none = || Case { recorder: Ok(RecorderState::Absent), ..Case::new("none", vec![]) };
        let cases = [
            (Case::new("current", fresh()), Covered, Well, 0, 0),
            (
                Case::new(
                    "a rule of 37 hours",
                    vec![rule("1.4", Some(37), Some(900)), rule("5.2", Some(1), None)],
                ),
                Stale,
                Bad,
                0,
                0,
            ),
            (
                Case::new(
                    "never evaluated, and new",
                    vec![rule("1.4", None, Some(2)), rule("5.2", Some(1), None)],
                ),
                Covered,
                Well,
                0,
                1,
            ),
            (
                Case::new(
                    "never evaluated, and old",
                    vec![rule("1.4", None, Some(37)), rule("5.2", Some(1), None)],
                ),
                Stale,
                Bad,
                0,
                1,
            ),
            (
                Case::new(
                    "never evaluated, made at no known time",
                    vec![rule("1.4", None, None), rule("5.2", Some(1), None)],
                ),
                Stale,
                Bad,
                0,
                1,
            ),
            (
                Case::new(
                    "two rules of a control, one current",
                    vec![
                        rule("1.4", Some(90), None),
                        rule("1.4", Some(1), None),
                        rule("5.2", Some(1), None),
                    ],
                ),
                Stale,
                Bad,
                0,
                0,
            ),
            (
                Case::new("a rule is missing", vec![rule("5.2", Some(1), None)]),
                PackMissing,
                Bad,
                1,
                0,
            ),
            (
                Case {
                    without_config: WithoutConfig::Off,
                    ..Case::new("a rule is missing, no scan", vec![rule("5.2", Some(1), None)])
                },
                PackMissing,
                Bad,
                0,
                0,
            ),
            (
                Case { recorder: Ok(RecorderState::Stopped), ..Case::new("stopped", fresh()) },
                Stale,
                Bad,
                0,
                0,
            ),
            (Case::new("no rules beside a recorder", vec![]), PackMissing, Bad, 2, 0),
            (
                Case { has_packs: false, ..Case::new("no packs are deployed", vec![]) },
                Scanned,
                Well,
                2,
                0,
            ),
            (none(), Scanned, Well, 2, 0),
            (
                Case { recorder: Ok(RecorderState::Stopped), ..Case::new("stopped", vec![]) },
                Scanned,
                Well,
                2,
                0,
            ),
            (Case { without_config: WithoutConfig::Report, ..none() }, NoRecorder, Bad, 0, 0),
            (Case { without_config: WithoutConfig::Off, ..none() }, NoRecorder, Skipped, 0, 0),
            (Case { is_enabled: false, ..none() }, RegionNotEnabled, Skipped, 0, 0),
            (Case { probe: Some(Err(by_organization())), ..none() }, RegionDenied, Skipped, 0, 0),
            (Case { probe: Some(Err(denied("no"))), ..none() }, RoleBroken, Bad, 0, 0),
            (
                Case {
                    rules: Err(by_organization()),
                    recorder: Err(by_organization()),
                    probe: Some(Err(by_organization())),
                    ..none()
                },
                RegionDenied,
                Skipped,
                0,
                0,
            ),
            (
                Case { rules: Err(by_organization()), probe: Some(Ok(())), ..none() },
                Failed,
                Bad,
                0,
                0,
            ),
            (Case { rules: Err(denied("no")), probe: None, ..none() }, RoleBroken, Bad, 0, 0),
            (Case { recorder: Err(denied("no")), ..none() }, RoleBroken, Bad, 0, 0),
            (Case { functions: Err(denied("no")), ..none() }, RoleBroken, Bad, 0, 0),
            (
                Case {
                    functions: Ok(fresh().iter().map(of_the_member).collect()),
                    ..Case::new("rules of another pack of the same names", fresh())
                },
                Drifted,
                Bad,
                2,
                0,
            ),
            (
                Case { functions: Ok(vec![]), ..Case::new("rules without functions", fresh()) },
                PackMissing,
                Bad,
                2,
                0,
            ),
            (
                Case {
                    functions: Ok(fresh().iter().map(function).chain([pretended()]).collect()),
                    ..Case::new("another rule calls a function", fresh())
                },
                Drifted,
                Bad,
                0,
                0,
            ),
            (
                Case {
                    rules: Err(ReadError::new("config:x", Cause::Throttled, "Throttling")),
                    probe: None,
                    ..none()
                },
                Failed,
                Bad,
                0,
                0,
            ),
        ];
        for (case, state, outcome, scanned, started) in cases {
            let what = case.what;
            let decision = case.decide();
            assert_eq!(
                (decision.state, decision.outcome, decision.scan.len(), decision.start.len()),
                (state, outcome, scanned, started),
                "{what}: {:?}",
                decision.reason
            );
            let is_silent = matches!(state, Covered | RegionNotEnabled | RegionDenied);
            assert_eq!(decision.reason.is_none(), is_silent, "{what}: {:?}", decision.reason);
        }
    }

    /// The member's own function.
    fn of_the_member(rule: &RuleStatus) -> RuleFunction {
        let RuleFunction { rule, function } = function(rule);
        RuleFunction { rule, function: function.replace("111122223333", "444455556666") }
    }

    /// A rule of the member with a function of the deploying account.
    fn pretended() -> RuleFunction {
        RuleFunction { rule: "mine".to_owned(), ..function(&rule("1.4", None, None)) }
    }

    #[test]
    fn reasons_name_foreign_rules() {
        let functions = Ok(fresh().iter().map(function).chain([pretended()]).collect());
        let decision = Case { functions, ..Case::new("foreign", fresh()) }.decide();
        assert_eq!(
            decision.reason.as_deref(),
            Some(
                "1 rule is not part of the deployed packs: 'mine' calls \
                 'arn:aws:lambda:us-east-1:111122223333:function:plumbline-central-1-4'"
            )
        );
    }

    #[test]
    fn reasons_name_rules_and_ages() {
        let rules = vec![
            rule("1.4", Some(100), Some(900)),
            RuleStatus { error: Some("E: m".to_owned()), ..rule("5.2", Some(50), Some(900)) },
        ];
        let decision = Case::new("both", rules).decide();
        assert_eq!(
            decision.reason.as_deref(),
            Some(
                "2 rules were not evaluated within 36 hours: 1.4, 5.2; the oldest result is from \
                 2027-01-11T04:00:00Z (E: m)"
            )
        );
        assert_eq!(decision.stale.len(), 2);
        let never = Case::new("never", vec![rule("1.4", None, None), rule("5.2", Some(1), None)]);
        let reason = never.decide().reason.expect("a reason");
        assert!(reason.ends_with("1.4; at least one was never evaluated"), "{reason}");
    }

    #[test]
    fn accounts_without_access() {
        let denied = ReadError::new(sts::ASSUME_ROLE.name, Cause::Denied, "AccessDenied");
        let cut = ReadError::new(sts::ASSUME_ROLE.name, Cause::Unreachable, "x");
        let state = |error, is_management| unassumable(error, is_management).0;
        assert_eq!(state(&denied, false), CoverageState::RoleBroken);
        assert_eq!(state(&denied, true), CoverageState::ManagementAccount);
        assert_eq!(state(&cut, true), CoverageState::Failed);
        let denied = ReadError::new("ec2:DescribeRegions", Cause::Denied, "AccessDenied");
        assert_eq!(state(&denied, true), CoverageState::RoleBroken);
    }
}
