//! 5.4: the group that everything falls into lets nothing through.

use plumbline_core::facts::{SecurityGroup, SecurityGroupRule, SecurityGroups};
use plumbline_core::fix::{FixCommand, Terraform};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::admin_ports::{permissions, revoke};
use crate::shared::shell::REMOVE_ALL_RULES;

plumbline_core::control! {
    /// Default security groups have no inbound and no outbound rules
    ///
    /// ## Why
    /// What is started without naming a security group falls into the VPC's default one, and
    /// reaches whatever else fell into it. A default group without rules makes people choose.
    ///
    /// ## Decision
    /// For the default security group of each VPC that the account owns: it has no ingress and no
    /// egress rule. The rules that AWS makes with it, for the group itself and for all that goes
    /// out, count.
    ///
    /// ## Remediation
    /// Give what uses the group one of its own, then remove the rules of the default group. The
    /// group itself cannot be deleted.
    ///
    /// ```sh
    /// aws ec2 revoke-security-group-ingress --group-id sg-… --ip-permissions 'IpProtocol=-1,UserIdGroupPairs=[{GroupId=sg-…}]'
    /// aws ec2 revoke-security-group-egress --group-id sg-… --protocol all --cidr 0.0.0.0/0
    /// ```
    pub(crate) struct DefaultSgClosed: ResourceControl;
    id: ControlId::new("5.4"),
    slug: "default-sg-closed",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::High,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["3.3"],
    safeguards_v7: &["14.6"],
    since: "0.1.0",
    facts: &[FactKind::SecurityGroups],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let command = FixCommand::call(&REMOVE_ALL_RULES)
        .argument(failure.resource.region.as_str())
        .argument(failure.resource.resource_id.as_str());
    Fix::new()
        .command(command)
        .effect(
            FixEffect::Disruptive,
            "cuts connections of everything that is in the default group.",
        )
        .undo(
            "aws ec2 authorize-security-group-ingress and -egress with the rules that the script \
             shows",
        )
        .terraform(Terraform::Argument(
            "aws_default_security_group: vpc_id, without ingress and egress".to_owned(),
        ))
}

impl ResourceControl for DefaultSgClosed {
    type Resource = SecurityGroup;
    type Parameters = NoParameters;

    /// AWS reserves the name: no other group of a VPC can have it.
    fn concerns(
        group: &Subject<'_, SecurityGroup>,
        _: &View<'_>,
        _: &NoParameters,
    ) -> Result<bool, NotAssessed> {
        Ok(group.name == "default" && group.vpc.is_some())
    }

    fn evaluate(group: &Subject<'_, SecurityGroup>, _: &View<'_>, _: &NoParameters) -> Assessed {
        let (ingress, egress) = (group.ingress.len(), group.egress.len());
        let count = |number: usize, kind: &str| {
            format!("{number} {kind} rule{}", if number == 1 { "" } else { "s" })
        };
        let vpc = group.vpc.as_deref().unwrap_or_default();
        let verdict = match (ingress, egress) {
            (0, 0) => Verdict::compliant(format!("The default group of {vpc} has no rules.")),
            (0, _) => Verdict::non_compliant(format!(
                "The default group of {vpc} has {}.",
                count(egress, "egress")
            )),
            (_, 0) => Verdict::non_compliant(format!(
                "The default group of {vpc} has {}.",
                count(ingress, "ingress")
            )),
            _ => Verdict::non_compliant(format!(
                "The default group of {vpc} has {} and {}.",
                count(ingress, "ingress"),
                count(egress, "egress")
            )),
        };
        let evidence = json!({ "vpc": vpc, "ingress": group.ingress, "egress": group.egress });
        let rules = [
            (&group.ingress, "revoke-security-group-ingress"),
            (&group.egress, "revoke-security-group-egress"),
        ];
        let taken_away = rules.into_iter().filter(|(rules, _)| !rules.is_empty());
        Ok(taken_away.fold(verdict.evidence(evidence), |verdict, (rules, verb)| match permissions(
            rules,
        ) {
            Some(permissions) => verdict.command(revoke(group, verb, &permissions)),
            None => verdict,
        }))
    }

    fn evaluate_none(view: &View<'_>, _: &Self::Parameters) -> Assessed {
        Ok(Verdict::compliant(format!(
            "There are no default security groups to evaluate in {}.",
            view.context().region
        )))
    }

    fn examples() -> Vec<Example> {
        let group = |id: &str, name: &str, ingress: usize, egress: usize| {
            let rule = SecurityGroupRule {
                protocol: "-1".to_owned(),
                groups: vec![id.to_owned()],
                ..SecurityGroupRule::default()
            };
            SecurityGroup {
                id: id.to_owned(),
                name: name.to_owned(),
                owner: ACCOUNT_ID.to_owned(),
                region: REGION.to_owned(),
                vpc: Some("vpc-1".to_owned()),
                ingress: vec![rule.clone(); ingress],
                egress: vec![rule; egress],
            }
        };
        let with = |situation, groups| Example::new(situation).region(SecurityGroups(groups));
        vec![
            with(
                "a default group without rules beside another group",
                vec![group("sg-1", "default", 0, 0), group("sg-2", "web", 1, 1)],
            )
            .passes("sg-1", "has no rules"),
            with("a default group as AWS makes it", vec![group("sg-1", "default", 1, 1)])
                .fails("sg-1", "vpc-1 has 1 ingress rule and 1 egress rule."),
            with("a default group that lets in", vec![group("sg-1", "default", 2, 0)])
                .fails("sg-1", "has 2 ingress rules."),
            with("a default group that lets out", vec![group("sg-1", "default", 0, 1)])
                .fails("sg-1", "has 1 egress rule."),
            with("no default group", vec![group("sg-2", "web", 1, 1)])
                .expect(Compliance::Compliant, "no default security groups"),
            with(
                "the default group of a VPC that another account shares",
                vec![SecurityGroup {
                    owner: "999988887777".to_owned(),
                    ..group("sg-1", "default", 1, 1)
                }],
            )
            .expect(Compliance::Compliant, "no default security groups"),
            Example::new("the groups may not be described")
                .denied(Key::region(FactKind::SecurityGroups, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeSecurityGroups"),
        ]
    }
}
