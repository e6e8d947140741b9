//! 1.6: a hardware MFA device for the root user.

use plumbline_core::aws::Partition;
use plumbline_core::facts::{AccountSummary, VirtualMfaDevice, VirtualMfaDevices};
use plumbline_core::prelude::*;
use serde_json::json;

use crate::shared::root::{self, is_centrally_managed};

plumbline_core::control! {
    /// The root user has a hardware MFA device and no virtual one
    ///
    /// ## Why
    /// The secret of an authenticator app is stored on a phone or a computer, which can be copied,
    /// synchronized or infected. A hardware device has a smaller attack surface and can be locked
    /// away.
    ///
    /// ## Decision
    /// The root user has MFA as in 1.5, and no assigned virtual MFA device belongs to the root
    /// user. A device belongs to the root user when AWS lists the root user as its user. If AWS
    /// lists no user, the device belongs to the root user when its serial number is
    /// `arn:…:mfa/root-account-mfa-device`. A virtual device fails even together with a hardware
    /// device, because its holder can sign in. A root user without a password and access keys is
    /// compliant. The control is not applicable in AWS GovCloud (US), and in China to an account
    /// without MFA, because accounts in China have no root user.
    ///
    /// ## Remediation
    /// Sign in as the root user, open *Security credentials*, and assign a security key or a
    /// hardware TOTP token. Then remove the virtual MFA device, and store the hardware device in a
    /// safe place.
    ///
    /// ```sh
    /// aws iam list-virtual-mfa-devices --assignment-status Assigned
    /// ```
    pub(crate) struct RootHardwareMfa: AccountControl;
    id: ControlId::new("1.6"),
    slug: "root-hardware-mfa",
    level: 2,
    assessment: Assessment::Automated,
    severity: Severity::Critical,
    scope: Scope::Global,
    change_triggered: false,
    attestable: false,
    safeguards_v8: &["6.5"],
    safeguards_v7: &["4.5"],
    since: "0.1.0",
    facts: &[FactKind::AccountSummary, FactKind::VirtualMfaDevices],
    fix: |_| {
        Fix::by_hand(
            "Only the root user can assign the device: the holder of the device has to sign in as \
             the root user.",
        )
    },
}

/// Returns whether a device belongs to the root user.
fn is_roots(device: &VirtualMfaDevice, view: &View<'_>) -> bool {
    let context = view.context();
    let of_root =
        |resource: &str| format!("arn:{}:iam::{}:{resource}", context.partition, context.account);
    match &device.user {
        Some(user) => *user == of_root("root"),
        None => device.serial == of_root("mfa/root-account-mfa-device"),
    }
}

impl AccountControl for RootHardwareMfa {
    type Parameters = NoParameters;

    fn evaluate(view: &View<'_>, _: &NoParameters) -> Assessed {
        let partition = view.context().partition;
        if partition == Partition::GovCloud {
            return Ok(Verdict::not_applicable(root::NO_SIGN_IN));
        }
        let (summary, devices) =
            (view.account::<AccountSummary>(), view.account::<VirtualMfaDevices>());
        let summary = summary?;
        let evidence = root::evidence(summary);
        match summary.root_mfa {
            _ if is_centrally_managed(summary) => {
                return Ok(Verdict::compliant(root::CENTRALLY_MANAGED).evidence(evidence));
            }
            Some(1) => {}
            Some(_) if partition == Partition::China => {
                return Ok(Verdict::not_applicable(root::NONE_IN_CHINA).evidence(evidence));
            }
            Some(_) => {
                return Ok(
                    Verdict::non_compliant("The root user has no MFA device.").evidence(evidence)
                );
            }
            None => return Err(root::no_mfa_total()),
        }
        let devices = &devices?.0;
        let virtual_device = devices.iter().find(|device| is_roots(device, view));
        let without_user = devices.iter().find(|device| device.user.is_none());
        if let (None, Some(device)) = (virtual_device, without_user) {
            return Err(NotAssessed::Undetermined(format!(
                "AWS does not list the user of virtual MFA device '{}', which may belong to the \
                 root user.",
                device.serial
            )));
        }
        let evidence = json!({ "summary": evidence, "virtual_device": virtual_device });
        Ok(match virtual_device {
            None => Verdict::compliant("The root user has MFA and no virtual MFA device.")
                .evidence(evidence),
            Some(device) => Verdict::non_compliant(format!(
                "The root user has the virtual MFA device '{}'.",
                device.serial
            ))
            .evidence(evidence),
        })
    }

    fn examples() -> Vec<Example> {
        const ROOT: Option<&str> = Some("arn:aws:iam::111122223333:root");
        const ALICE: Option<&str> = Some("arn:aws:iam::111122223333:user/alice");
        let root = |mfa, password| AccountSummary {
            root_access_keys: Some(0),
            root_mfa: mfa,
            root_password: Some(password),
        };
        let device = |name: &str, user: Option<&str>| VirtualMfaDevice {
            serial: format!("arn:aws:iam::111122223333:mfa/{name}"),
            user: user.map(str::to_owned),
        };
        let with = |situation, devices| {
            Example::new(situation).account(root(Some(1), 1)).account(VirtualMfaDevices(devices))
        };
        let without = |situation, mfa, password| {
            Example::new(situation)
                .account(root(mfa, password))
                .account(VirtualMfaDevices::default())
        };
        vec![
            with("virtual devices of IAM users only", vec![device("alice", ALICE)])
                .expect(Compliance::Compliant, "no virtual MFA device"),
            with(
                "a virtual device of the root user",
                vec![device("root-account-mfa-device", ROOT)],
            )
            .expect(Compliance::NonCompliant, "mfa/root-account-mfa-device"),
            with(
                "a virtual device of the root user with a custom name",
                vec![device("alice", ALICE), device("phone", ROOT)],
            )
            .expect(Compliance::NonCompliant, "mfa/phone"),
            with(
                "two virtual devices of the root user",
                vec![device("root-account-mfa-device", ROOT), device("second-phone", ROOT)],
            )
            .expect(Compliance::NonCompliant, "mfa/root-account-mfa-device"),
            with(
                "a virtual device of the root user and a hardware device, which AWS does not list \
                 here",
                vec![device("spare", ROOT)],
            )
            .expect(Compliance::NonCompliant, "mfa/spare"),
            with(
                "a device of the root user of another account",
                vec![device("x", Some("arn:aws:iam::999988887777:root"))],
            )
            .expect(Compliance::Compliant, "no virtual MFA device"),
            with(
                "a virtual device of the root user in another partition",
                vec![device("phone", Some("arn:aws-cn:iam::111122223333:root"))],
            )
            .partition(Partition::China)
            .expect(Compliance::NonCompliant, "mfa/phone"),
            with(
                "a device without a user, with the serial number of a root device",
                vec![device("root-account-mfa-device", None)],
            )
            .expect(Compliance::NonCompliant, "mfa/root-account-mfa-device"),
            with(
                "a device without a user, which may belong to the root user",
                vec![device("alice", ALICE), device("phone", None)],
            )
            .expect(Compliance::NotAssessed, "mfa/phone', which may belong to the root user"),
            with(
                "a device without a user and a virtual device of the root user",
                vec![device("phone", None), device("spare", ROOT)],
            )
            .expect(Compliance::NonCompliant, "mfa/spare"),
            with(
                "a device of an IAM user with the serial number of a root device",
                vec![device("root-account-mfa-device", ALICE)],
            )
            .expect(Compliance::Compliant, "no virtual MFA device"),
            without("no MFA", Some(0), 1).expect(Compliance::NonCompliant, "has no MFA device"),
            without("a root user with neither password nor access key", Some(0), 0)
                .expect(Compliance::Compliant, "neither a password nor"),
            without("a summary without the MFA status", None, 1)
                .expect(Compliance::NotAssessed, "iam:GetAccountSummary"),
            Example::new("access denied to ListVirtualMFADevices")
                .account(root(Some(1), 1))
                .denied(Key::account(FactKind::VirtualMfaDevices))
                .expect(Compliance::NotAssessed, "iam:ListVirtualMFADevices"),
            without("an account in China, without a root user", Some(0), 1)
                .partition(Partition::China)
                .expect(Compliance::NotApplicable, "China"),
            without("an account in AWS GovCloud (US)", Some(0), 0)
                .partition(Partition::GovCloud)
                .expect(Compliance::NotApplicable, "GovCloud"),
        ]
    }
}
