//! 5.4: default security groups without rules.

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
    /// A resource without an explicit security group uses the default security group of its VPC,
    /// and can reach all other resources in that group. A default security group without rules
    /// prevents this.
    ///
    /// ## Decision
    /// For the default security group of each VPC that the account owns: the group has no inbound
    /// and no outbound rules. The rules that AWS creates with the group (inbound from the group
    /// itself, all outbound traffic) count.
    ///
    /// ## Remediation
    /// Assign another security group to each resource in the default security group, and then
    /// remove all inbound and outbound rules of the default security group. The group itself cannot
    /// be deleted.
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
            "connections of all resources in the default security group are cut.",
        )
        .undo(
            "aws ec2 authorize-security-group-ingress and -egress with the rules that the script \
             prints",
        )
        .terraform(Terraform::Argument(
            "aws_default_security_group: vpc_id, without ingress and egress".to_owned(),
        ))
}

impl ResourceControl for DefaultSgClosed {
    type Resource = SecurityGroup;
    type Parameters = NoParameters;

    /// AWS reserves the name `default`: no other security group of a VPC can have it.
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
            (0, 0) => {
                Verdict::compliant(format!("The default security group of {vpc} has no rules."))
            }
            (0, _) => Verdict::non_compliant(format!(
                "The default security group of {vpc} has {}.",
                count(egress, "outbound")
            )),
            (_, 0) => Verdict::non_compliant(format!(
                "The default security group of {vpc} has {}.",
                count(ingress, "inbound")
            )),
            _ => Verdict::non_compliant(format!(
                "The default security group of {vpc} has {} and {}.",
                count(ingress, "inbound"),
                count(egress, "outbound")
            )),
        };
        let evidence = json!({ "vpc": vpc, "ingress": group.ingress, "egress": group.egress });
        let rules = [
            (&group.ingress, "revoke-security-group-ingress"),
            (&group.egress, "revoke-security-group-egress"),
        ];
        let present = rules.into_iter().filter(|(rules, _)| !rules.is_empty());
        Ok(present.fold(verdict.evidence(evidence), |verdict, (rules, verb)| {
            match permissions(rules) {
                Some(permissions) => verdict.command(revoke(group, verb, &permissions)),
                None => verdict,
            }
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
                "a default security group without rules and another group",
                vec![group("sg-1", "default", 0, 0), group("sg-2", "web", 1, 1)],
            )
            .passes("sg-1", "has no rules"),
            with(
                "a default security group with the rules that AWS creates",
                vec![group("sg-1", "default", 1, 1)],
            )
            .fails("sg-1", "vpc-1 has 1 inbound rule and 1 outbound rule."),
            with(
                "a default security group with inbound rules",
                vec![group("sg-1", "default", 2, 0)],
            )
            .fails("sg-1", "has 2 inbound rules."),
            with(
                "a default security group with an outbound rule",
                vec![group("sg-1", "default", 0, 1)],
            )
            .fails("sg-1", "has 1 outbound rule."),
            with("no default security group", vec![group("sg-2", "web", 1, 1)])
                .expect(Compliance::Compliant, "no default security groups"),
            with(
                "the default security group of a VPC of another account",
                vec![SecurityGroup {
                    owner: "999988887777".to_owned(),
                    ..group("sg-1", "default", 1, 1)
                }],
            )
            .expect(Compliance::Compliant, "no default security groups"),
            Example::new("access denied to DescribeSecurityGroups")
                .denied(Key::region(FactKind::SecurityGroups, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeSecurityGroups"),
        ]
    }
}
