//! Exceptions: the failures that they waive, and exceptions that waive nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::entries::{Accounts, Exception, Register, covers};
use crate::aws::may_be_region;
use crate::benchmark::ControlId;
use crate::evaluation::{Compliance, Evaluation, Holders, REASON_LIMIT, ResourceRef, Waiver};
use crate::glob;
use crate::text::shorten;
use crate::view::Context;

/// The control whose exceptions can name holders.
const OF_HOLDERS: &str = "1.16";

impl Exception {
    /// Whether the exception applies to a control in an account and Region.
    fn is_about(&self, control: ControlId, context: &Context, region: &str) -> bool {
        let left_out = self.except_accounts.iter().flatten().any(|one| *one == context.account);
        let in_region =
            self.regions.as_ref().is_none_or(|regions| regions.iter().any(|one| one == region));
        self.control == control.as_str()
            && covers(&self.accounts, &context.account)
            && !left_out
            && in_region
    }

    /// Whether it names a resource, by id or ARN.
    fn names(&self, resource: &ResourceRef) -> bool {
        self.resources.iter().any(|pattern| {
            glob::matches(pattern, &resource.resource_id)
                || resource.arn.as_deref().is_some_and(|arn| glob::matches(pattern, arn))
        })
    }

    /// Whether it excepts a holder.
    fn excepts(&self, holder: &str) -> bool {
        self.holders
            .as_ref()
            .is_none_or(|patterns| patterns.iter().any(|pattern| glob::matches(pattern, holder)))
    }

    fn counts_on(&self, day: NaiveDate) -> bool {
        day <= self.until
    }
}

/// The problems with the limits of an exception.
pub(super) fn limits(place: &str, entry: &Exception) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(accounts) = &entry.except_accounts {
        if accounts.is_empty() {
            problems.push(format!("{place}: except_accounts is empty; remove it"));
        }
        if !entry.accounts.contains(&Accounts::All) {
            problems.push(format!("{place}: except_accounts is valid only with accounts [\"*\"]"));
        }
    }
    if let Some(regions) = &entry.regions {
        let wrong: Vec<&String> = regions.iter().filter(|region| !may_be_region(region)).collect();
        if regions.is_empty() || !wrong.is_empty() {
            let names = wrong.iter().map(|region| format!("'{region}'")).collect::<Vec<_>>();
            let are_none = if names.is_empty() {
                String::new()
            } else {
                format!(", not {}", names.join(", "))
            };
            problems.push(format!(
                "{place}: regions must contain Regions such as eu-west-1{are_none}; remove it to \
                 include all Regions"
            ));
        }
    }
    if let Some(holders) = &entry.holders {
        if entry.control != OF_HOLDERS {
            problems.push(format!("{place}: holders is valid for control {OF_HOLDERS} only"));
        }
        if holders.is_empty() || holders.iter().any(|holder| !holder.starts_with("arn:")) {
            problems.push(format!(
                "{place}: holders must be ARNs of users, groups or roles, like \
                 arn:aws:iam::*:role/NAME"
            ));
        }
    }
    problems
}

impl Register {
    /// The current exceptions that waive all resources of a control in all accounts and Regions, as
    /// `exceptions[2] (2.1.3)`. Readers of results have to know them.
    pub fn sweeping(&self, today: NaiveDate) -> Vec<String> {
        self.sweeping_exceptions(today)
            .map(|(at, entry)| format!("exceptions[{at}] ({})", entry.control))
            .collect()
    }

    /// The exceptions of [`Self::sweeping`] with their positions.
    pub(super) fn sweeping_exceptions(
        &self,
        today: NaiveDate,
    ) -> impl Iterator<Item = (usize, &Exception)> {
        let all = |patterns: &[String]| patterns.iter().any(|one| one.chars().all(|c| c == '*'));
        let sweeps = move |entry: &Exception| {
            entry.counts_on(today)
                && entry.accounts.contains(&Accounts::All)
                && entry.except_accounts.is_none()
                && entry.regions.is_none()
                && entry.holders.as_deref().is_none_or(all)
                && all(&entry.resources)
        };
        self.exceptions.iter().enumerate().filter(move |(_, entry)| sweeps(entry))
    }

    /// Turns a failure into a waived one if exceptions waive it now, and notes an exception that
    /// has expired. Exceptions with holders waive a failure together if each holder is excepted by
    /// one of them. Otherwise the reason names the other holders.
    pub fn waive(
        &self,
        control: ControlId,
        context: &Context,
        evaluation: &mut Evaluation,
        holders: Option<&Holders>,
    ) {
        // A result that is not assessed is not a failure, even if it counts as one
        // (`notAssessedAs`): no one has accepted it.
        if evaluation.compliance != Compliance::NonCompliant || evaluation.not_assessed.is_some() {
            return;
        }
        let none = Holders::default();
        let holders = holders.unwrap_or(&none);
        let mine = |entry: &Exception| {
            entry.is_about(control, context, &evaluation.resource.region)
                && entry.names(&evaluation.resource)
                && (entry.holders.is_none() || holders.arns.iter().any(|arn| entry.excepts(arn)))
        };
        let mut mine: Vec<(usize, &Exception)> =
            self.exceptions.iter().enumerate().filter(|(_, entry)| mine(entry)).collect();
        mine.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.until));
        let today = context.now.date_naive();
        let last = mine.first().map(|(_, entry)| entry.until);
        mine.retain(|(_, entry)| entry.counts_on(today));
        if let Some(whole) = mine.iter().find(|(_, entry)| entry.holders.is_none()) {
            return apply(&[*whole], evaluation);
        }
        let excepting = |arn: &String| mine.iter().find(|(_, entry)| entry.excepts(arn)).copied();
        let (mut needed, mut others) = (Vec::new(), Vec::new());
        for arn in &holders.arns {
            match excepting(arn) {
                Some(entry) if needed.contains(&entry) => {}
                Some(entry) => needed.push(entry),
                None => others.push(arn.rsplit('/').next().unwrap_or(arn)),
            }
        }
        match (needed.as_slice(), last) {
            ([], Some(until)) => {
                append(evaluation, &format!(" (An exception expired on {until}.)"))
            }
            ([], None) => {}
            (needed, _) if others.is_empty() && holders.unknown == 0 => apply(needed, evaluation),
            (needed, _) => {
                evaluation.exceptions = needed.iter().map(|(at, _)| *at).collect();
                let known = others.len();
                others.truncate(3);
                let mut names = others.iter().map(|name| shorten(name, 32)).collect::<Vec<_>>();
                match known + holders.unknown - others.len() {
                    0 => {}
                    more => names.push(format!("{more} more")),
                }
                append(evaluation, &format!(" Not excepted: {}.", names.join(", ")));
            }
        }
    }

    /// The exceptions that are valid now and apply to these controls in the account and Region of
    /// the run, and those among them that waived something.
    pub fn exception_use<'a>(
        &self,
        runs: impl IntoIterator<Item = (ControlId, &'a Context, &'a [Evaluation])>,
    ) -> ExceptionUse {
        let mut found = ExceptionUse::default();
        for (control, context, evaluations) in runs {
            found
                .used
                .extend(evaluations.iter().flat_map(|evaluation| &evaluation.exceptions).copied());
            for (at, entry) in self.exceptions.iter().enumerate() {
                if entry.counts_on(context.now.date_naive())
                    && entry.is_about(control, context, &context.region)
                {
                    found.in_scope.insert(at);
                    let account = context.account_resource();
                    let open = evaluations.iter().any(|one| {
                        one.not_assessed.is_some()
                            && (entry.names(&one.resource)
                                || one.resource.resource_id == account.resource_id)
                    });
                    found.used.extend(open.then_some(at));
                }
            }
        }
        found
    }

    /// The exceptions that apply to what was evaluated but waived nothing, each with its control: a
    /// typing error, or an exception that is no longer needed.
    pub fn unused(&self, found: &ExceptionUse) -> Vec<String> {
        found
            .in_scope
            .difference(&found.used)
            .filter_map(|at| {
                let entry = self.exceptions.get(*at)?;
                Some(format!("exceptions[{at}] ({})", entry.control))
            })
            .collect()
    }
}

/// Exceptions by their positions in the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExceptionUse {
    /// Exceptions that are valid now and apply to what was evaluated.
    pub in_scope: BTreeSet<usize>,
    /// Exceptions that waived something, or that may apply to a resource that could not be
    /// assessed.
    pub used: BTreeSet<usize>,
}

impl ExceptionUse {
    /// Adds the exceptions of another account.
    pub fn extend(&mut self, other: &Self) {
        self.in_scope.extend(&other.in_scope);
        self.used.extend(&other.used);
    }
}

/// Adds a sentence to the reason, and shortens the rest if the result is too long.
fn append(evaluation: &mut Evaluation, sentence: &str) {
    let whole = format!("{}{sentence}", evaluation.reason);
    evaluation.detail = Some(match evaluation.detail.take() {
        Some(detail) => format!("{detail}{sentence}"),
        None => whole,
    });
    let room = REASON_LIMIT.saturating_sub(sentence.chars().count());
    evaluation.reason = format!("{}{sentence}", shorten(&evaluation.reason, room));
}

/// Waives a failure with exceptions that together are sufficient.
fn apply(entries: &[(usize, &Exception)], evaluation: &mut Evaluation) {
    let distinct = |text: fn(&Exception) -> &String, between: &str| {
        let mut texts: Vec<&str> = Vec::new();
        for (_, entry) in entries {
            let text = text(entry).as_str();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join(between)
    };
    let Some(until) = entries.iter().map(|(_, entry)| entry.until).min() else { return };
    let reason = distinct(|entry| &entry.reason, "; ");
    let approved_by = distinct(|entry| &entry.approved_by, ", ");
    let waived = std::mem::replace(
        &mut evaluation.reason,
        format!("Waived until {until} by {approved_by}: {reason}"),
    );
    let ends = evaluation.reason.trim_end().ends_with(['.', '!', '?']);
    let end = if ends { "" } else { "." };
    evaluation.detail =
        Some(format!("{}{end} Without the exception: {waived}", evaluation.reason.trim_end()));
    evaluation.compliance = Compliance::Waived;
    evaluation.exceptions = entries.iter().map(|(at, _)| *at).collect();
    let mut evidence = evaluation.evidence.members();
    evidence.insert(
        "exception".to_owned(),
        serde_json::json!({ "reason": reason, "approved_by": approved_by, "until": until,
            "waived": waived }),
    );
    evaluation.evidence = evidence.into();
    let places: Vec<String> =
        entries.iter().map(|(place, _)| format!("exceptions[{place}]")).collect();
    evaluation.waiver = Some(Box::new(Waiver {
        entry: places.join(", "),
        reason,
        approved_by,
        until,
        would_be: waived,
    }));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::{AccountId, Partition};

    const POLICY: ControlId = ControlId::new("1.16");
    const ANALYZER: ControlId = ControlId::new("1.20");
    const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");

    fn register(exceptions: &[Value]) -> Register {
        let defaults = json!({ "control": "1.16", "accounts": ["*"], "resources": ["*"],
            "reason": "r", "approved_by": "b", "until": "2026-12-31" });
        let entry = |changes: &Value| {
            let mut entry = defaults.as_object().expect("object").clone();
            entry.extend(changes.as_object().expect("object").clone());
            entry
        };
        let entries: Vec<_> = exceptions.iter().map(entry).collect();
        let text = json!({ "schema": 1, "exceptions": entries }).to_string();
        Register::parse(text.as_bytes(), [(POLICY, false), (ANALYZER, false)], TODAY)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn problem(changes: Value) -> String {
        let mut entry = json!({ "control": "1.20", "accounts": ["*"], "resources": ["*"],
            "reason": "r", "approved_by": "b", "until": "2026-12-31" });
        for (name, value) in changes.as_object().expect("object") {
            entry[name] = value.clone();
        }
        let text = json!({ "schema": 1, "exceptions": [entry] }).to_string();
        Register::parse(text.as_bytes(), [(POLICY, false), (ANALYZER, false)], TODAY)
            .expect_err("refused")
            .to_string()
    }

    fn context(region: &str) -> Context {
        Context {
            account: AccountId::new("111122223333").expect("an account"),
            partition: Partition::Aws,
            region: region.to_owned(),
            home_region: "us-east-1".to_owned(),
            now: "2026-03-02T08:00:00Z".parse().expect("a time"),
        }
    }

    fn evaluation(context: &Context, compliance: Compliance) -> Evaluation {
        Evaluation {
            resource: context.account_resource(),
            compliance,
            reason: "Everything is allowed.".to_owned(),
            evidence: crate::evidence::Evidence::none(),
            detail: None,
            code: None,
            as_of: None,
            not_assessed: None,
            waiver: None,
            attested: None,
            remedy: None,
            exceptions: Vec::new(),
        }
    }

    /// The evaluation of a failure with exceptions, in us-east-1.
    fn waived(exceptions: &[Value], holders: &[&str], unknown: usize) -> Evaluation {
        let context = context("us-east-1");
        let mut found = evaluation(&context, Compliance::NonCompliant);
        let arns = holders.iter().map(|name| format!("arn:aws:iam::111122223333:{name}")).collect();
        register(exceptions).waive(POLICY, &context, &mut found, Some(&Holders { arns, unknown }));
        found
    }

    #[test]
    fn an_exception_waives_no_more_than_its_holders() {
        let tower = json!({ "holders": ["arn:aws:iam::*:role/AWSControlTower*"],
            "reason": "Control Tower", "until": "2026-06-30" });
        let ops = json!({ "holders": ["arn:aws:iam::111122223333:user/ops"], "reason": "Ops" });
        let (role, user) = ("role/AWSControlTowerExecution", "user/ops");
        let found = waived(std::slice::from_ref(&tower), &[role], 0);
        assert_eq!(found.reason, "Waived until 2026-06-30 by b: Control Tower");
        assert_eq!(found.exceptions, [0]);

        let found = waived(std::slice::from_ref(&tower), &[role, user], 0);
        assert_eq!(found.compliance, Compliance::NonCompliant);
        assert_eq!(found.reason, "Everything is allowed. Not excepted: ops.");
        assert_eq!(found.exceptions, [0], "it excepts a holder");

        let found = waived(&[tower.clone(), ops.clone()], &[role, user], 0);
        assert_eq!(found.compliance, Compliance::Waived);
        assert_eq!(found.reason, "Waived until 2026-06-30 by b: Control Tower; Ops");
        assert_eq!(found.exceptions, [0, 1]);

        let found = waived(std::slice::from_ref(&tower), &[role], 2);
        assert_eq!(found.reason, "Everything is allowed. Not excepted: 2 more.");
        let found = waived(std::slice::from_ref(&tower), &[user], 0);
        assert_eq!(found.reason, "Everything is allowed.");
        assert!(found.exceptions.is_empty());
        let found = waived(std::slice::from_ref(&tower), &[], 1);
        assert_eq!(found.compliance, Compliance::NonCompliant, "no holder is known");

        let expired = json!({ "holders": ["arn:aws:iam::*:user/ops"], "until": "2026-01-01" });
        let found = waived(&[expired], &[user], 0);
        assert_eq!(found.reason, "Everything is allowed. (An exception expired on 2026-01-01.)");
        let all = waived(&[tower, json!({ "reason": "all" })], &[role, user], 0);
        assert_eq!(all.reason, "Waived until 2026-12-31 by b: all");
    }

    #[test]
    fn an_exception_has_regions_and_leaves_out_accounts() {
        let compliance = |exception: Value, region: &str| {
            let context = context(region);
            let mut found = evaluation(&context, Compliance::NonCompliant);
            register(&[exception]).waive(ANALYZER, &context, &mut found, None);
            found.compliance
        };
        let regions = json!({ "control": "1.20", "regions": ["ap-south-1", "eu-west-1"] });
        assert_eq!(compliance(regions.clone(), "eu-west-1"), Compliance::Waived);
        assert_eq!(compliance(regions, "us-east-1"), Compliance::NonCompliant);
        for (left_out, expected) in
            [("111122223333", Compliance::NonCompliant), ("444455556666", Compliance::Waived)]
        {
            let exception = json!({ "control": "1.20", "except_accounts": [left_out] });
            assert_eq!(compliance(exception, "us-east-1"), expected, "{left_out}");
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        for (changes, expected) in [
            (json!({ "regions": [] }), "regions must contain Regions"),
            (json!({ "regions": ["*"] }), "regions must contain Regions"),
            (json!({ "regions": ["Europe"] }), "regions must contain Regions"),
            (
                json!({ "regions": ["eu-west-1", "us-esat-1"] }),
                "such as eu-west-1, not 'us-esat-1'",
            ),
            (json!({ "regions": ["ue-west-1"] }), "such as eu-west-1, not 'ue-west-1'"),
            (json!({ "except_accounts": [] }), "except_accounts is empty"),
            (json!({ "except_accounts": ["12"] }), "12"),
            (
                json!({ "accounts": ["111122223333"], "except_accounts": ["444455556666"] }),
                "except_accounts is valid only with accounts [\"*\"]",
            ),
            (
                json!({ "holders": ["arn:aws:iam::*:role/x"] }),
                "holders is valid for control 1.16 only",
            ),
            (json!({ "control": "1.16", "holders": [] }), "holders must be ARNs"),
            (json!({ "control": "1.16", "holders": ["x"] }), "holders must be ARNs"),
        ] {
            let problem = problem(changes.clone());
            assert!(problem.contains(expected), "{changes}: {problem}");
        }
    }

    #[test]
    fn exceptions_that_waive_all_of_a_control_are_listed() {
        let limited = [
            json!({}),
            json!({ "resources": ["a", "**"] }),
            json!({ "resources": ["*a"] }),
            json!({ "accounts": ["111122223333"] }),
            json!({ "except_accounts": ["111122223333"] }),
            json!({ "regions": ["us-east-1"] }),
            json!({ "holders": ["arn:aws:iam::*:role/x"] }),
            json!({ "until": "2026-03-01" }),
        ];
        let listed = ["exceptions[0] (1.16)", "exceptions[1] (1.16)"];
        assert_eq!(register(&limited).sweeping(TODAY), listed);
        assert_eq!(register(&limited).waived_controls(TODAY), ["1.16"]);
        assert!(register(&limited[2..]).waived_controls(TODAY).is_empty());
    }

    #[test]
    fn exceptions_that_waive_nothing_are_listed() {
        let unused = |exception: Value, failure: Compliance, open: bool| {
            let context = context("us-east-1");
            let register = register(&[exception]);
            let mut found = evaluation(&context, failure);
            register.waive(ANALYZER, &context, &mut found, None);
            if open {
                found.not_assessed = Some(Box::new(crate::evaluation::NotAssessed::Missing));
            }
            register.unused(&register.exception_use([(
                ANALYZER,
                &context,
                std::slice::from_ref(&found),
            )]))
        };
        let whole = json!({ "control": "1.20" });
        let listed = ["exceptions[0] (1.20)"];
        assert_eq!(unused(whole.clone(), Compliance::Compliant, false), listed);
        assert!(unused(whole.clone(), Compliance::NonCompliant, false).is_empty());
        assert!(unused(whole, Compliance::NotAssessed, true).is_empty());
        let misspelled = json!({ "control": "1.20", "resources": ["1111222233334"] });
        assert_eq!(unused(misspelled, Compliance::NonCompliant, false), listed);
        for elsewhere in [
            json!({ "control": "1.16" }),
            json!({ "control": "1.20", "regions": ["eu-west-1"] }),
            json!({ "control": "1.20", "accounts": ["444455556666"] }),
            json!({ "control": "1.20", "except_accounts": ["111122223333"] }),
            json!({ "control": "1.20", "until": "2026-03-01" }),
        ] {
            let found = unused(elsewhere.clone(), Compliance::Compliant, false);
            assert!(found.is_empty(), "{elsewhere}");
        }
    }
}
