//! 1.18: instance profiles of EC2 instances.

use plumbline_core::facts::{Instance, Instances};
use plumbline_core::fix::{Input, Terraform, Word};
use plumbline_core::prelude::*;
use serde_json::json;

plumbline_core::control! {
    /// EC2 instances have an instance profile attached
    ///
    /// ## Why
    /// Without a role, software on the instance needs access keys to call AWS. Access keys do not
    /// expire, and anything that can read the disk, an image or a backup can read them.
    ///
    /// ## Decision
    /// For each instance of the Region that is not terminated: an instance profile is attached. The
    /// benchmark requires a manual check; this control evaluates the part that AWS APIs show. AWS
    /// APIs do not show whether access keys are stored on the instance. An instance that never
    /// calls AWS needs no profile: use an exception.
    ///
    /// ## Remediation
    /// Attach an instance profile to the EC2 instance, with a role that has the permissions that
    /// the software needs, and delete the access keys from the instance.
    ///
    /// ```sh
    /// aws ec2 associate-iam-instance-profile --instance-id i-… --iam-instance-profile Name=NAME
    /// ```
    pub(crate) struct InstanceProfile: ResourceControl;
    id: ControlId::new("1.18"),
    slug: "instance-profile",
    level: 2,
    assessment: Assessment::Manual,
    severity: Severity::Medium,
    scope: Scope::Regional,
    change_triggered: true,
    attestable: false,
    safeguards_v8: &["6.8"],
    safeguards_v7: &["19"],
    since: "0.1.0",
    facts: &[FactKind::Instances],
    fix: fix,
}

fn fix(failure: &Failure<'_>) -> Fix {
    let instance = failure.resource.resource_id.as_str();
    let what = format!("the name of the instance profile for {instance}");
    let profile = Input::of("INSTANCE_PROFILE", instance, what);
    let command = failure
        .aws("ec2 associate-iam-instance-profile")
        .option("--instance-id", instance)
        .option("--iam-instance-profile", Word::within("Name=", profile, ""));
    Fix::new()
        .command(command)
        .undo("aws ec2 disassociate-iam-instance-profile with the association's id")
        .terraform(Terraform::Argument(
            "aws_instance: iam_instance_profile = the name of the profile".to_owned(),
        ))
}

impl ResourceControl for InstanceProfile {
    type Resource = Instance;
    type Parameters = NoParameters;

    fn concerns(
        instance: &Subject<'_, Instance>,
        _: &View<'_>,
        _: &NoParameters,
    ) -> Result<bool, NotAssessed> {
        Ok(instance.state != "terminated")
    }

    fn evaluate(instance: &Subject<'_, Instance>, _: &View<'_>, _: &NoParameters) -> Assessed {
        let verdict = match &instance.profile {
            Some(arn) => {
                let name = arn.rsplit('/').next().unwrap_or(arn);
                Verdict::compliant(format!(
                    "The instance has the instance profile '{name}'. AWS APIs do not show \
                     credentials on the instance."
                ))
            }
            None => Verdict::non_compliant(
                "The instance has no instance profile. AWS APIs do not show credentials on the \
                 instance.",
            ),
        };
        Ok(verdict
            .evidence(json!({ "state": instance.state, "instance_profile": instance.profile })))
    }

    fn examples() -> Vec<Example> {
        let with = |situation, state: &str, profile: Option<&str>| {
            let profile =
                profile.map(|name| format!("arn:aws:iam::111122223333:instance-profile/{name}"));
            Example::new(situation).region(Instances(vec![Instance {
                id: "i-1".to_owned(),
                state: state.to_owned(),
                profile,
            }]))
        };
        vec![
            with("an instance with a profile", "running", Some("web"))
                .passes("i-1", "instance profile 'web'."),
            with("an instance without a profile", "running", None)
                .fails("i-1", "no instance profile"),
            with("a stopped instance without a profile", "stopped", None)
                .fails("i-1", "no instance profile"),
            with("a terminated instance", "terminated", None)
                .expect(Compliance::Compliant, "no instances to evaluate in us-east-1"),
            Example::new("access denied to DescribeInstances")
                .denied(Key::region(FactKind::Instances, REGION))
                .expect(Compliance::NotAssessed, "ec2:DescribeInstances"),
        ]
    }
}
