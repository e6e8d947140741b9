//! 4.1 to 4.15, live: complete chains, chains broken at each link, and links that cannot be read.
//! One scan of an account evaluates all fifteen.

use std::collections::BTreeMap;

use plumbline_core::control::Control;
use plumbline_core::filter::{Asterisk, Requirement};
use plumbline_tests::alarm_chain::{Chain, GROUP, NAMESPACE, controls};
use plumbline_tests::programs::{environment, isolated, plumbline, program, stdout};
use serde_json::{Value, json};

/// A situation: how it is built in the account, and the result of all fifteen controls.
struct Situation {
    name: &'static str,
    region: &'static str,
    build: fn(&Chain),
    parameters: Value,
    compliance: &'static str,
    /// What the reason must contain; `SLUG` stands for the control's slug, `ID` for the account.
    reason: &'static str,
    evidence: Evidence,
}

/// What the evidence must show.
enum Evidence {
    /// Nothing: no relevant fact could be read.
    Nothing,
    /// This number of trails.
    Trails(usize),
    /// A trail without a log group.
    NoGroup,
    /// The log group, without information about filters.
    Group,
    /// The log group without filters.
    NoFilters,
    /// The log group and the control's own filter, whether it covers the requirement, and its
    /// chain.
    Filter(&'static str, &'static str),
    /// The log group, and filters that do not cover the requirement, with their verdict.
    Filters(&'static str),
}

const HOME: &str = "us-east-1";

fn situation(
    name: &'static str,
    build: fn(&Chain),
    compliance: &'static str,
    reason: &'static str,
    evidence: Evidence,
) -> Situation {
    Situation { name, region: HOME, build, parameters: json!({}), compliance, reason, evidence }
}

/// Builds a complete chain.
fn complete(chain: &Chain) {
    chain.delivery();
    chain.filters(Requirement::remedy);
    chain.alarms(|_| json!({}));
    chain.heard();
}

/// Builds a chain whose subscription is not confirmed.
fn unheard(chain: &Chain, alarm: impl Fn(&str) -> Value) {
    chain.delivery();
    chain.filters(Requirement::remedy);
    chain.alarms(alarm);
}

fn inner(pattern: &str) -> String {
    format!("({})", pattern.trim_matches(['{', '}', ' ']))
}

/// The pattern with a different last value: it misses one event or a few.
fn with_another_value(requirement: &Requirement) -> String {
    let pattern = requirement.remedy();
    let end = pattern.rfind('"').expect("a quoted value");
    let start = pattern[..end].rfind('"').expect("a quoted value");
    format!("{}\"NoSuchValue\"{}", &pattern[..start], &pattern[end + 1..])
}

fn passing() -> Vec<Situation> {
    let passes = |name, build, reason, chain| {
        situation(name, build, "COMPLIANT", reason, Evidence::Filter("covers", chain))
    };
    let reaches =
        "Metric filter 'SLUG' on log group 'trail' has an alarm with a confirmed SNS subscription.";
    vec![
        passes("a complete chain", complete, reaches, "complete"),
        Situation {
            region: "eu-west-1",
            ..passes(
                "a complete chain in another Region than the home Region",
                complete,
                reaches,
                "complete",
            )
        },
        passes(
            "an alarm by metric math",
            |chain| {
                unheard(chain, |slug| {
                    let metric = json!({ "Metric": { "Namespace": NAMESPACE, "MetricName": slug },
                        "Period": 300, "Stat": "Sum" });
                    let queries = json!([{ "Id": "m", "MetricStat": metric, "ReturnData": false },
                        { "Id": "e", "Expression": "FILL(m, 0)", "Label": "events" }]);
                    json!({ "Metrics": queries, "Namespace": null, "MetricName": null,
                        "Statistic": null, "Period": null })
                });
                chain.heard();
            },
            reaches,
            "complete",
        ),
        passes(
            "filters that are spelled otherwise",
            |chain| {
                chain.delivery();
                chain.filters(|requirement| {
                    requirement
                        .remedy()
                        .replace(" && ", "&&\n")
                        .replace(" = ", "=")
                        .replace('$', " $")
                });
                chain.alarms(|_| json!({}));
                chain.heard();
            },
            reaches,
            "complete",
        ),
        passes(
            "a second alarm and a second topic that are as they should be",
            |chain| {
                unheard(
                    chain,
                    |slug| json!({ "AlarmName": format!("quiet-{slug}"), "ActionsEnabled": false }),
                );
                chain.alarms(|slug| {
                    json!({ "AlarmName": format!("loud-{slug}"),
                        "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:other",
                        chain.topic_arn()] })
                });
                chain.heard();
            },
            reaches,
            "complete",
        ),
        passes(
            "an alarm that needs a thousand events",
            |chain| {
                unheard(chain, |_| json!({ "Threshold": 1000.0 }));
                chain.heard();
            },
            "Alarm 'SLUG' needs 1000 events within 300 seconds.",
            "complete; Alarm 'SLUG' needs 1000 events within 300 seconds.",
        ),
        situation(
            "an alarm on too few events",
            |chain| {
                unheard(chain, |_| json!({ "ComparisonOperator": "LessThanThreshold" }));
                chain.heard();
            },
            "NON_COMPLIANT",
            "Alarm 'SLUG' never notifies",
            Evidence::Filters("covers"),
        ),
        situation(
            "filters whose events count nothing",
            |chain| {
                chain.delivery();
                for (control, requirement) in controls() {
                    chain.filter(
                        control.slug,
                        &requirement.remedy(),
                        &json!({ "metricValue": "0" }),
                    );
                }
                chain.alarms(|_| json!({}));
                chain.heard();
            },
            "NON_COMPLIANT",
            "Alarm 'SLUG' never notifies",
            Evidence::Filters("covers"),
        ),
    ]
}

fn without_a_trail_that_qualifies() -> Vec<Situation> {
    let fails =
        |name, build, reason, evidence| situation(name, build, "NON_COMPLIANT", reason, evidence);
    vec![
        fails("no trail", |_| {}, "There is no trail.", Evidence::Trails(0)),
        fails(
            "a trail over one Region",
            |chain| {
                chain.group();
                chain.trail(&json!({ "IsMultiRegionTrail": false }));
            },
            "'main' in us-east-1, covers only its own Region.",
            Evidence::Trails(1),
        ),
        fails(
            "a trail that is stopped",
            |chain| {
                complete(chain);
                chain.stop();
            },
            "'main' in us-east-1, is not logging.",
            Evidence::Trails(1),
        ),
        fails(
            "a trail of events that write",
            |chain| {
                complete(chain);
                chain.select(&json!([{ "ReadWriteType": "WriteOnly",
                    "IncludeManagementEvents": true, "DataResources": [] }]));
            },
            "'main' in us-east-1, does not log all management events.",
            Evidence::Trails(1),
        ),
        fails(
            "a trail without a log group",
            |chain| {
                chain.trail(
                    &json!({ "CloudWatchLogsLogGroupArn": null, "CloudWatchLogsRoleArn": null }),
                )
            },
            "Trail 'main' has no log group.",
            Evidence::NoGroup,
        ),
        fails(
            "a log group that was deleted",
            |chain| {
                complete(chain);
                chain.delete_group();
            },
            "Log group 'trail' of trail 'main' does not exist.",
            Evidence::Group,
        ),
    ]
}

fn without_a_filter_that_covers() -> Vec<Situation> {
    let fails =
        |name, build, reason, evidence| situation(name, build, "NON_COMPLIANT", reason, evidence);
    vec![
        fails(
            "no filter",
            Chain::delivery,
            "Log group 'trail' has no metric filter.",
            Evidence::NoFilters,
        ),
        fails(
            "filters with another value",
            |chain| {
                chain.delivery();
                chain.filters(with_another_value);
                chain.alarms(|_| json!({}));
                chain.heard();
            },
            "No metric filter on log group 'trail' matches ",
            Evidence::Filters("misses"),
        ),
        fails(
            "filters narrowed to a Region",
            |chain| {
                chain.delivery();
                chain.filters(|requirement| {
                    format!(
                        "{{ ($.awsRegion = \"us-east-1\") && {} }}",
                        inner(&requirement.remedy())
                    )
                });
                chain.alarms(|_| json!({}));
                chain.heard();
            },
            "No metric filter on log group 'trail' matches ",
            Evidence::Filters("misses"),
        ),
        fails(
            "a filter that contradicts itself",
            |chain| {
                chain.delivery();
                chain.filter(
                    "never",
                    "{ ($.eventName = \"StopLogging\") && ($.eventName = \"StartLogging\") }",
                    &json!({}),
                );
            },
            "The metric filters on log group 'trail' never match an event.",
            Evidence::Filters("never-matches"),
        ),
        situation(
            "a filter of another language",
            |chain| {
                chain.delivery();
                chain.filter("terms", "StopLogging", &json!({}));
                chain.alarm("terms", &json!({}));
                chain.heard();
            },
            "NOT_ASSESSED",
            "it is unknown whether the metric filters on log group 'trail' cover the required \
             events",
            Evidence::Nothing,
        ),
    ]
}

fn without_an_alarm_that_is_heard() -> Vec<Situation> {
    let fails = |name, build, reason, chain| {
        situation(name, build, "NON_COMPLIANT", reason, Evidence::Filter("covers", chain))
    };
    let no_alarm = "No alarm evaluates metric 'Plumbline/SLUG' of metric filter 'SLUG'.";
    vec![
        fails(
            "no alarm",
            |chain| {
                chain.delivery();
                chain.filters(Requirement::remedy);
                chain.heard();
            },
            no_alarm,
            no_alarm,
        ),
        fails(
            "alarms on metrics of another namespace",
            |chain| {
                unheard(chain, |_| json!({ "Namespace": "plumbline" }));
                chain.heard();
            },
            no_alarm,
            no_alarm,
        ),
        fails(
            "alarms by metric math that do not depend on the metric",
            |chain| {
                unheard(chain, |slug| {
                    let metric = |name: &str| {
                        json!({ "Metric": { "Namespace": NAMESPACE,
                        "MetricName": name }, "Period": 300, "Stat": "Sum" })
                    };
                    let queries = json!([
                        { "Id": "m1", "MetricStat": metric(slug), "ReturnData": false },
                        { "Id": "m2", "MetricStat": metric("other"), "ReturnData": false },
                        { "Id": "e", "Expression": "m2 * 1", "Label": "events" },
                    ]);
                    json!({ "Metrics": queries, "Namespace": null, "MetricName": null,
                        "Statistic": null, "Period": null })
                });
                chain.heard();
            },
            no_alarm,
            no_alarm,
        ),
        fails(
            "alarms whose actions are disabled",
            |chain| {
                unheard(chain, |_| json!({ "ActionsEnabled": false }));
                chain.heard();
            },
            "The actions of alarm 'SLUG' are disabled.",
            "The actions of alarm 'SLUG' are disabled.",
        ),
        fails(
            "alarms without actions",
            |chain| {
                unheard(chain, |_| json!({ "AlarmActions": [] }));
                chain.heard();
            },
            "Alarm 'SLUG' notifies no SNS topic.",
            "Alarm 'SLUG' notifies no SNS topic.",
        ),
        fails(
            "alarms whose actions are not topics",
            |chain| {
                unheard(chain, |_| {
                    json!({ "AlarmActions": [format!("arn:aws:lambda:us-east-1:{}:function:f",
                        chain.account.id)] })
                });
                chain.heard();
            },
            "Alarm 'SLUG' notifies no SNS topic.",
            "Alarm 'SLUG' notifies no SNS topic.",
        ),
        fails(
            "alarms that notify a topic only of the OK state",
            |chain| {
                unheard(chain, |_| {
                    json!({ "AlarmActions": [], "OKActions": [chain.topic_arn()],
                        "InsufficientDataActions": [chain.topic_arn()] })
                });
                chain.heard();
            },
            "Alarm 'SLUG' notifies no SNS topic.",
            "Alarm 'SLUG' notifies no SNS topic.",
        ),
        fails(
            "a topic that does not exist",
            |chain| unheard(chain, |_| json!({})),
            "Topic 'alarms' of alarm 'SLUG' does not exist.",
            "Topic 'alarms' of alarm 'SLUG' does not exist.",
        ),
        fails(
            "a topic without a subscription",
            |chain| {
                unheard(chain, |_| json!({}));
                chain.topic();
            },
            "Topic 'alarms' of alarm 'SLUG' has no subscription.",
            "Topic 'alarms' of alarm 'SLUG' has no subscription.",
        ),
        fails(
            "a subscription that waits",
            |chain| {
                unheard(chain, |_| json!({}));
                chain.topic();
                chain.subscribe();
            },
            "Topic 'alarms' of alarm 'SLUG' has no confirmed subscription.",
            "Topic 'alarms' of alarm 'SLUG' has no confirmed subscription.",
        ),
    ]
}

fn elsewhere() -> Vec<Situation> {
    fn organizations(chain: &Chain) {
        let arn = "arn:aws:cloudtrail:us-east-1:999988887777:trail/org";
        let trail = json!({ "Name": "org", "TrailARN": arn, "HomeRegion": HOME,
            "S3BucketName": "org-trail",
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:999988887777:log-group:org:*" });
        let selectors = json!({ "EventSelectors": [{ "ReadWriteType": "All",
            "IncludeManagementEvents": true, "DataResources": [] }] });
        chain.account.control(
            "cloudtrail/organization-trail",
            json!({ "trail": trail, "status": { "IsLogging": true },
                "event_selectors": selectors }),
        );
    }
    vec![
        situation(
            "a log group of another account",
            organizations,
            "NOT_ASSESSED",
            "log group 'org' of trail 'org' belongs to account 999988887777",
            Evidence::Nothing,
        ),
        Situation {
            parameters: json!({ "monitoringAccount": "999988887777" }),
            ..situation(
                "a log group of the account that monitors for all",
                organizations,
                "NOT_APPLICABLE",
                "Log group 'org' belongs to account 999988887777, which monitors the organization \
                 (monitoringAccount).",
                Evidence::Nothing,
            )
        },
    ]
}

fn unreadable() -> Vec<Situation> {
    fn denied(chain: &Chain, service: &str, operation: &str) {
        complete(chain);
        chain.account.fault(service, operation, "denied", json!({}));
    }
    let open =
        |name, build, reason| situation(name, build, "NOT_ASSESSED", reason, Evidence::Nothing);
    vec![
        open(
            "ListTrails is denied",
            |chain| denied(chain, "cloudtrail", "ListTrails"),
            "access denied to cloudtrail:ListTrails",
        ),
        open(
            "DescribeTrails is denied",
            |chain| denied(chain, "cloudtrail", "DescribeTrails"),
            "access denied to cloudtrail:DescribeTrails",
        ),
        open(
            "GetTrailStatus is denied",
            |chain| denied(chain, "cloudtrail", "GetTrailStatus"),
            "access denied to cloudtrail:GetTrailStatus",
        ),
        open(
            "GetEventSelectors is denied",
            |chain| denied(chain, "cloudtrail", "GetEventSelectors"),
            "access denied to cloudtrail:GetEventSelectors",
        ),
        open(
            "DescribeMetricFilters is denied",
            |chain| denied(chain, "logs", "DescribeMetricFilters"),
            "access denied to logs:DescribeMetricFilters",
        ),
        open(
            "DescribeAlarms is denied",
            |chain| denied(chain, "cloudwatch", "DescribeAlarms"),
            "access denied to cloudwatch:DescribeAlarms",
        ),
        open(
            "ListSubscriptionsByTopic is denied",
            |chain| denied(chain, "sns", "ListSubscriptionsByTopic"),
            "access denied to sns:ListSubscriptionsByTopic",
        ),
        open(
            "filters with a default value, which averages contain",
            |chain| {
                chain.delivery();
                for (control, requirement) in controls() {
                    chain.filter(
                        control.slug,
                        &requirement.remedy(),
                        &json!({ "defaultValue": 0.0 }),
                    );
                }
                chain.alarms(|_| json!({ "Statistic": "Average" }));
                chain.heard();
            },
            "its Average also includes the default value 0 of each other event",
        ),
    ]
}

/// The evaluations of 4.1 to 4.15, by the control's number.
fn evaluations(chain: &Chain, parameters: &Value) -> BTreeMap<String, Value> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), json!({ "*": parameters }).to_string()).expect("parameters");
    let mut command = isolated(program("plumbline"));
    command
        .envs(environment(&chain.account, HOME))
        .args(["scan", "--format", "json", "--region", HOME, "--parameters"])
        .arg(file.path());
    for (control, _) in controls() {
        command.args(["--control", control.id.as_str()]);
    }
    let output = command.output().expect("plumbline starts");
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let controls = report["accounts"][0]["controls"].as_array().expect("controls").clone();
    controls
        .into_iter()
        .map(|control| {
            (control["id"].as_str().expect("an id").to_owned(), control["evaluations"][0].clone())
        })
        .collect()
}

fn check_evidence(
    expected: &Evidence,
    control: &Control,
    chain: &Chain,
    found: &Value,
    message: &str,
) {
    let filters = || found["filters"].as_array().unwrap_or_else(|| panic!("{message}: no filters"));
    let group = |region: &str| {
        assert_eq!(found["log_group"], json!(chain.group_arn()), "{message}");
        assert_eq!(
            found["trail"],
            json!(format!("arn:aws:cloudtrail:{region}:{}:trail/main", chain.account.id)),
            "{message}"
        );
    };
    match expected {
        Evidence::Nothing => {
            assert!(found.get("filters").is_none() && found.get("trails").is_none(), "{message}")
        }
        Evidence::Trails(count) => {
            assert_eq!(found["trails"].as_array().map(Vec::len), Some(*count), "{message}")
        }
        Evidence::NoGroup => {
            assert_eq!(
                (found["log_group"].is_null(), found.get("filters")),
                (true, None),
                "{message}"
            )
        }
        Evidence::Group => {
            group(chain.region);
            assert!(found.get("filters").is_none(), "{message}");
        }
        Evidence::NoFilters => {
            group(chain.region);
            assert_eq!(filters().len(), 0, "{message}");
        }
        Evidence::Filter(coverage, reach) => {
            group(chain.region);
            let own = filters()
                .iter()
                .find(|filter| filter["name"] == control.slug)
                .unwrap_or_else(|| panic!("{message}: its filter is not there"));
            assert_eq!(
                (&own["coverage"], &own["chain"]),
                (&json!(coverage), &json!(reach.replace("SLUG", control.slug))),
                "{message}"
            );
        }
        Evidence::Filters(coverage) => {
            group(chain.region);
            assert!(
                !filters().is_empty()
                    && filters().iter().all(|filter| filter["coverage"] == *coverage),
                "{message}"
            );
        }
    }
}

/// The event in the reason is one that the control requires and that the account's filters do not
/// match.
fn check_witness(requirement: &Requirement, evaluation: &Value, message: &str) {
    let reason = evaluation["reason"].as_str().expect("a reason");
    assert!(reason.contains(" matches "), "{message}");
    let event = &evaluation["evidence"]["missed_event"];
    assert!(event.is_object(), "no event in {evaluation:#}");
    let event = &event.to_string();
    for reading in Asterisk::ALL {
        assert!(
            requirement.baseline().matches_line(event, reading),
            "{message}: the control does not want {event} counted"
        );
        for filter in evaluation["evidence"]["filters"].as_array().expect("filters") {
            let pattern = plumbline_core::filter::Pattern::parse(
                filter["pattern"].as_str().expect("a pattern"),
            )
            .expect("a pattern");
            assert!(!pattern.matches_line(event, reading), "{message}: {pattern} matches {event}");
        }
    }
}

fn check(situation: &Situation) {
    let chain = Chain::new(situation.region);
    (situation.build)(&chain);
    let evaluations = evaluations(&chain, &situation.parameters);
    assert_eq!(evaluations.len(), 15, "{}", situation.name);
    for (control, requirement) in controls() {
        let evaluation = &evaluations[control.id.as_str()];
        let message = format!("{}, {}: {evaluation:#}", situation.name, control.id);
        assert_eq!(evaluation["compliance"], situation.compliance, "{message}");
        let reason = situation.reason.replace("SLUG", control.slug);
        let found =
            evaluation["detail"].as_str().or(evaluation["reason"].as_str()).expect("a reason");
        assert!(found.contains(&reason), "expected \"{reason}\" in {message}");
        check_evidence(&situation.evidence, control, &chain, &evaluation["evidence"], &message);
        if matches!(situation.evidence, Evidence::Filters("misses")) {
            check_witness(requirement, evaluation, &message);
        }
    }
}

/// The number of threads that is useful on a few cores.
fn check_all(situations: &[Situation]) {
    std::thread::scope(|scope| {
        for share in 0..3 {
            scope.spawn(move || situations.iter().skip(share).step_by(3).for_each(check));
        }
    });
}

#[test]
fn complete_chains() {
    check_all(&passing());
}

#[test]
fn trails_that_do_not_qualify_or_do_not_deliver() {
    check_all(&without_a_trail_that_qualifies());
}

#[test]
fn filters_that_do_not_cover() {
    check_all(&without_a_filter_that_covers());
}

#[test]
fn alarms_that_notify_no_one() {
    check_all(&without_an_alarm_that_is_heard());
}

#[test]
fn log_groups_of_other_accounts() {
    check_all(&elsewhere());
}

#[test]
fn links_that_cannot_be_read() {
    check_all(&unreadable());
}

/// Two filters share the names of events. Together they cover if both chains are complete; if one
/// is not, the reason states the gap.
#[test]
fn filters_that_cover_together() {
    let chain = Chain::new(HOME);
    chain.delivery();
    let names = ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"];
    let pattern = |names: &[&str]| {
        let any: Vec<String> = names.iter().map(|name| format!("($.eventName = {name})")).collect();
        format!("{{ {} }}", any.join(" || "))
    };
    chain.filter("first", &pattern(&names[..3]), &json!({}));
    chain.filter("second", &pattern(&names[2..]), &json!({}));
    chain.alarm("first", &json!({}));
    chain.heard();
    let found = &evaluations(&chain, &json!({}))["4.5"];
    assert_eq!(found["compliance"], "NON_COMPLIANT", "{found:#}");
    assert_eq!(
        found["reason"],
        format!("No alarm evaluates metric '{NAMESPACE}/second' of metric filter 'second'.")
    );
    chain.alarm("second", &json!({}));
    let found = &evaluations(&chain, &json!({}))["4.5"];
    assert_eq!(found["compliance"], "COMPLIANT", "{found:#}");
    assert_eq!(
        found["reason"],
        format!(
            "Metric filters 'first' and 'second' on log group '{GROUP}' have alarms with a \
             confirmed SNS subscription."
        )
    );
}

/// The commands that `plumbline explain` prints for a control, with names in place of the
/// placeholders.
fn remedy(control: &Control, chain: &Chain) -> String {
    let text = stdout(&plumbline(&["explain", control.id.as_str(), "--format", "markdown"]), 0);
    let remediation = text
        .split("## Remediation")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("a remediation");
    let commands = remediation
        .split("```sh\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("commands");
    for command in [
        "aws sns create-topic ",
        "aws sns subscribe ",
        "aws logs put-metric-filter ",
        "aws cloudwatch put-metric-alarm ",
    ] {
        assert_eq!(commands.matches(command).count(), 1, "{}: {command}", control.id);
    }
    let filled = commands.replace("LOG-GROUP", GROUP).replace("ADDRESS", "security@example.com");
    assert!(chain.account.id.len() == 12 && filled != commands, "{commands}");
    filled
}

/// Runs commands in a shell with the AWS command line of the test environment.
fn run(commands: &str, chain: &Chain) {
    let python = std::path::PathBuf::from(
        std::env::var_os("PLUMBLINE_TEST_PYTHON")
            .expect("the Python of the test environment is not known"),
    );
    let tools = python.parent().expect("the folder of the tools");
    assert!(tools.join("aws").exists(), "the AWS command line is not in {}", tools.display());
    let mut path = tools.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut shell = isolated("sh".into());
    shell
        .envs(environment(&chain.account, HOME))
        .env("PATH", path)
        .env("AWS_DEFAULT_REGION", HOME)
        .args(["-e", "-u", "-c", commands]);
    let output = shell.output().expect("a shell starts");
    assert!(output.status.success(), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn check_remedy(control: &Control) {
    let chain = Chain::new(HOME);
    chain.delivery();
    let verdict = || evaluations(&chain, &json!({}))[control.id.as_str()].clone();
    let before = verdict();
    assert_eq!(
        (&before["compliance"], &before["reason"]),
        (&json!("NON_COMPLIANT"), &json!("Log group 'trail' has no metric filter.")),
        "{}",
        control.id
    );
    run(&remedy(control, &chain), &chain);
    let waiting = verdict();
    assert_eq!(waiting["compliance"], "NON_COMPLIANT", "{waiting:#}");
    assert!(
        waiting["reason"].as_str().expect("a reason").contains("has no confirmed subscription"),
        "{waiting:#}"
    );
    assert_eq!(
        chain.confirm(&format!("arn:aws:sns:{HOME}:{}:plumbline-alarms", chain.account.id)),
        1
    );
    let after = evaluations(&chain, &json!({}));
    for (other, _) in controls() {
        let expected = if other.id == control.id { "COMPLIANT" } else { "NON_COMPLIANT" };
        assert_eq!(
            after[other.id.as_str()]["compliance"],
            expected,
            "after the remedy of {}: {:#}",
            control.id,
            after[other.id.as_str()]
        );
    }
    assert_eq!(
        after[control.id.as_str()]["reason"],
        format!(
            "Metric filter '{}' on log group 'trail' has an alarm with a confirmed SNS \
             subscription.",
            control.slug
        )
    );
}

/// The commands of `plumbline explain` make the control compliant, and change no other control.
#[test]
fn each_remedy_satisfies_its_control() {
    let controls: Vec<&Control> = controls().map(|(control, _)| control).collect();
    assert_eq!(controls.len(), 15);
    std::thread::scope(|scope| {
        for share in 0..3 {
            let controls = &controls;
            scope.spawn(move || {
                controls.iter().skip(share).step_by(3).for_each(|control| check_remedy(control))
            });
        }
    });
}

/// Two remedies in sequence, the first one twice: they share a topic, and neither reverts the
/// other.
#[test]
fn remedies_share_a_topic() {
    let chain = Chain::new(HOME);
    chain.delivery();
    let pair: Vec<&Control> = controls()
        .map(|(control, _)| control)
        .filter(|control| ["4.4", "4.5"].contains(&control.id.as_str()))
        .collect();
    run(&remedy(pair[0], &chain), &chain);
    assert_eq!(
        chain.confirm(&format!("arn:aws:sns:{HOME}:{}:plumbline-alarms", chain.account.id)),
        1
    );
    for control in [pair[1], pair[0]] {
        run(&remedy(control, &chain), &chain);
    }
    let found = evaluations(&chain, &json!({}));
    for control in pair {
        assert_eq!(
            found[control.id.as_str()]["compliance"],
            "COMPLIANT",
            "{:#}",
            found[control.id.as_str()]
        );
    }
}
