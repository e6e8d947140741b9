//! Instances, and EBS encryption by default in a Region.

use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::types;
use plumbline_core::answer::Answer;
use plumbline_core::facts::{EbsDefaultEncryption, Instance, Instances};
use plumbline_core::operation::ec2;

use crate::session::Session;

/// The maximum page size of EC2 for instances.
const INSTANCES_A_PAGE: i32 = 1_000;

pub(in crate::collect) async fn instances(session: &Session, region: &str) -> Answer<Instances> {
    let client = session.ec2(region);
    let page = |token| {
        client.describe_instances().max_results(INSTANCES_A_PAGE).set_next_token(token).send()
    };
    session
        .list(ec2::DESCRIBE_INSTANCES, page, DescribeInstancesOutput::next_token, instances_of)
        .await
        .map(Instances)
}

fn instances_of(page: DescribeInstancesOutput) -> Answer<Vec<Instance>> {
    let reservations = ec2::DESCRIBE_INSTANCES.require(page.reservations, "the reservations")?;
    let instances = reservations.into_iter().map(|reservation| {
        ec2::DESCRIBE_INSTANCES.require(reservation.instances, "a reservation's instances")
    });
    instances.collect::<Answer<Vec<_>>>()?.into_iter().flatten().map(instance_of).collect()
}

/// An instance without a profile lacks the member.
fn instance_of(instance: types::Instance) -> Answer<Instance> {
    let id = ec2::DESCRIBE_INSTANCES.require_text(instance.instance_id, "an instance's id")?;
    let state = instance.state.and_then(|state| state.name).map(|name| name.as_str().to_owned());
    let profile = |profile: types::IamInstanceProfile| {
        ec2::DESCRIBE_INSTANCES
            .require_text(profile.arn, &format!("the ARN of the profile of {id}"))
    };
    Ok(Instance {
        state: ec2::DESCRIBE_INSTANCES.require_text(state, &format!("the state of {id}"))?,
        profile: instance.iam_instance_profile.map(profile).transpose()?,
        id,
    })
}

pub(in crate::collect) async fn ebs_default_encryption(
    session: &Session,
    region: &str,
) -> Answer<EbsDefaultEncryption> {
    let answer = session
        .send(
            ec2::GET_EBS_ENCRYPTION_BY_DEFAULT,
            session.ec2(region).get_ebs_encryption_by_default().send(),
        )
        .await?;
    ec2::GET_EBS_ENCRYPTION_BY_DEFAULT
        .require(answer.ebs_encryption_by_default, "the setting")
        .map(|enabled| EbsDefaultEncryption { enabled })
}

#[cfg(test)]
mod tests {
    use plumbline_core::answer::Cause;

    use super::*;

    #[test]
    fn instances_have_a_state() {
        let state = types::InstanceState::builder().name(types::InstanceStateName::Running).build();
        let instance = types::Instance::builder().instance_id("i-1");
        let profile = |arn: &str| types::IamInstanceProfile::builder().arn(arn).build();
        let found = instance_of(
            instance.clone().state(state.clone()).iam_instance_profile(profile("arn:p")).build(),
        )
        .expect("an instance");
        assert_eq!((found.state.as_str(), found.profile.as_deref()), ("running", Some("arn:p")));
        assert_eq!(
            instance_of(instance.clone().state(state.clone()).build())
                .expect("an instance")
                .profile,
            None
        );
        assert_eq!(
            instance_of(instance.clone().build()).expect_err("no state").cause,
            Cause::Malformed
        );
        assert_eq!(
            instance_of(instance.state(state).iam_instance_profile(profile("")).build())
                .expect_err("no ARN")
                .cause,
            Cause::Malformed
        );
        assert!(instances_of(DescribeInstancesOutput::builder().build()).is_err());
    }
}
