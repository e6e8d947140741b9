"""Section 1: root, the users and what they may do."""

import contextlib
import json

from demo import HOME, SECOND, days_ago

#: Texts of policies.
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
READING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


# Controls: 1.21.
def seed(demo):
    """Everything of the section."""
    root(demo)
    users(demo)
    contacts(demo)
    policies(demo)
    certificates(demo)
    instances(demo)
    analyzers(demo)
    organization(demo)


def organization(demo):
    """An organization of its own, unless the account is in one."""
    organizations = demo.client("organizations")
    with contextlib.suppress(organizations.exceptions.AlreadyInOrganizationException):
        organizations.create_organization(FeatureSet="ALL")


# Controls: 1.4, 1.5, 1.6, 1.7.
def root(demo):
    """Root with a hardware device and an old access key."""
    demo.control(
        "iam/root",
        {
            "password_enabled": True,
            "password_last_used": days_ago(140),
            "mfa_active": True,
            "access_key_1_active": True,
            "access_key_1_last_rotated": days_ago(900),
            "access_key_1_last_used_date": days_ago(410),
            "access_key_1_last_used_region": HOME,
            "access_key_1_last_used_service": "s3",
        },
    )


# Controls: 1.10, 1.11, 1.12, 1.13, 1.14.
def users(demo):
    """People and machines, with dates in the credential report."""
    iam = demo.client("iam")
    rows = {}

    def add(name, console=None, changed=None, keys=(), age=400, path="/"):
        iam.create_user(UserName=name, Path=path)
        row = {"user_creation_time": days_ago(age)}
        if changed is not None:
            iam.create_login_profile(
                UserName=name, Password="Correct-Horse-7", PasswordResetRequired=False
            )
            row["password_last_used"] = (
                days_ago(console) if console is not None else "no_information"
            )
            row["password_last_changed"] = days_ago(changed)
            row["mfa_active"] = console is not None and console < 45
        for number, (rotated, used) in enumerate(keys, 1):
            iam.create_access_key(UserName=name)
            row[f"access_key_{number}_last_rotated"] = days_ago(rotated)
            row[f"access_key_{number}_last_used_date"] = "N/A" if used is None else days_ago(used)
            if used is not None:
                row[f"access_key_{number}_last_used_region"] = HOME
                row[f"access_key_{number}_last_used_service"] = "s3"
        rows[name] = row

    add("alice.moreau", console=1, changed=30, keys=[(20, 2)])
    add("bjorn.larsen", console=12, changed=80, keys=[(20, None)])
    add("chen.wei", console=44, changed=200)
    add("dora.novak", console=45, changed=300)
    add("emeka.obi", console=190, changed=250, keys=[(250, 200)])
    add("new.starter", changed=3, age=3)
    add("never.came", changed=120, age=120)
    add("ci-deploy", keys=[(800, 0)], age=800, path="/service/")
    add("backup-agent", keys=[(600, 97), (30, 1)], age=600, path="/service/")
    add("report-export", keys=[(75, None)], age=75, path="/service/")
    add("group.only", age=500)
    demo.control("iam/credential-report", {"rows": rows, "started_times": 1})


# Controls: 1.1, 1.2, 1.3, 1.8, 1.9.
def contacts(demo):
    """A security contact, a primary contact without a phone number, a weak password policy."""
    address = {
        "AddressLine1": "1 Harbour Road",
        "City": "Bergen",
        "PostalCode": "5003",
        "CountryCode": "NO",
    }
    demo.control("account/contact", {"contact": {"FullName": "Plumbline Demo", **address}})
    demo.client("account").put_alternate_contact(
        AlternateContactType="SECURITY",
        Name="Security Team",
        Title="Security",
        EmailAddress="security@example.com",
        PhoneNumber="+1 206 555 0101",
    )
    demo.client("iam").update_account_password_policy(
        MinimumPasswordLength=14, PasswordReusePrevention=5
    )


# Controls: 1.15, 1.16, 1.17.
def policies(demo):
    """AWS managed, customer managed and inline policies, and their identities."""
    iam = demo.client("iam")

    def own(name, document):
        return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"][
            "Arn"
        ]

    admin, reader = own("legacy-admin", EVERYTHING), own("report-reader", READING)
    own("unattached-admin", EVERYTHING)
    for role in ("break-glass", "support", "web-server"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(
        RoleName="break-glass", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    iam.attach_role_policy(RoleName="support", PolicyArn="arn:aws:iam::aws:policy/AWSSupportAccess")
    iam.attach_role_policy(RoleName="web-server", PolicyArn=reader)
    iam.put_role_policy(
        RoleName="web-server", PolicyName="assets", PolicyDocument=json.dumps(READING)
    )
    iam.create_group(GroupName="operators")
    iam.attach_group_policy(GroupName="operators", PolicyArn=admin)
    iam.put_group_policy(
        GroupName="operators", PolicyName="anything", PolicyDocument=json.dumps(EVERYTHING)
    )
    iam.attach_user_policy(UserName="ci-deploy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_user_policy(
        UserName="backup-agent", PolicyName="quick-fix", PolicyDocument=json.dumps(READING)
    )


# Controls: 1.19.
def certificates(demo):
    """One certificate that is valid and one that is not: moto's own lists have one date for all."""
    entry = (
        "<member><Path>/</Path><ServerCertificateName>{0}</ServerCertificateName>"
        "<ServerCertificateId>ASCA{0}</ServerCertificateId>"
        "<Arn>arn:aws:iam::{1}:server-certificate/{0}</Arn><Expiration>{2}</Expiration></member>"
    )
    listed = "".join(
        entry.format(name, demo.account, days_ago(days).replace("+00:00", "Z"))
        for name, days in (("intranet-2023", 500), ("shop", -200))
    )
    demo.control(
        "overrides",
        {
            "service": "iam",
            "operation": "ListServerCertificates",
            "status": 200,
            "headers": {"Content-Type": "text/xml"},
            "body": '<ListServerCertificatesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            "<ListServerCertificatesResult><IsTruncated>false</IsTruncated><ServerCertificateMetadataList>"
            f"{listed}</ServerCertificateMetadataList></ListServerCertificatesResult>"
            "<ResponseMetadata><RequestId>demo</RequestId></ResponseMetadata></ListServerCertificatesResponse>",
        },
    )


# Controls: 1.18.
def instances(demo):
    """Instances with and without a profile, and a terminated one."""
    iam = demo.client("iam")
    iam.create_instance_profile(InstanceProfileName="web-server")
    iam.add_role_to_instance_profile(InstanceProfileName="web-server", RoleName="web-server")
    for region in (HOME, SECOND):
        ec2 = demo.client("ec2", region)
        for profile in ({"Name": "web-server"}, None, None):
            more = {"IamInstanceProfile": profile} if profile else {}
            made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, **more)[
                "Instances"
            ][0]
        ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


# Controls: 1.20.
def analyzers(demo):
    """External access at home; elsewhere unused access only."""
    demo.client("accessanalyzer", HOME).create_analyzer(analyzerName="external", type="ACCOUNT")
    demo.client("accessanalyzer", SECOND).create_analyzer(
        analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS"
    )
