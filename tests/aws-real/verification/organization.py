"""Checks before a run: who calls, the organization, the accounts, the Region."""

from dataclasses import dataclass

from botocore.exceptions import ClientError, EndpointConnectionError, InvalidRegionError

from verification.errors import Misuse, code_of, text_of

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
PACKS = "config-multiaccountsetup.amazonaws.com"
MOST_EXCLUDED = 1000


@dataclass
class Organization:
    """The organization of a run, and the accounts that it uses."""

    id: str
    management: str
    deploying: str
    partition: str
    member: str = None
    member_parent: str = None
    spare: str = None
    spare_parent: str = None
    unit: str = None
    accounts: tuple = ()

    @property
    def is_management(self):
        """Whether the management account deploys."""
        return self.management == self.deploying

    @property
    def call_as(self):
        """How CloudFormation is called."""
        return "SELF" if self.is_management else "DELEGATED_ADMIN"

    def others(self, *included):
        """All accounts but these: what organization packs exclude."""
        return sorted(account for account in self.accounts if account not in included)

    def role(self, account, name):
        """The ARN of a role."""
        return f"arn:{self.partition}:iam::{account}:role/{name}"

    @property
    def known(self):
        """Names of the accounts by ID, for masked output."""
        named = {
            self.management: "management account",
            self.deploying: "deploying account",
            self.member: "member account",
            self.spare: "spare account",
        }
        return {account: name for account, name in named.items() if account}


def caller(aws):
    """The account and the partition of the credentials, and a check of the Region."""
    region = aws.region
    try:
        who = aws.read("sts", "get_caller_identity")
    except (EndpointConnectionError, InvalidRegionError) as problem:
        raise Misuse(f"no endpoint of AWS in Region '{region}'", "Check --region.") from problem
    except ClientError as problem:
        raise Misuse(
            f"AWS does not accept the credentials in {region} ({text_of(problem)})",
            "Check --profile, sign in again, and check that the Region is enabled.",
        ) from problem
    listed = aws.read("ec2", "describe_regions", AllRegions=False)["Regions"]
    if region not in [one["RegionName"] for one in listed]:
        raise Misuse(
            f"Region '{region}' is not enabled in account {who['Account']}",
            "Name an enabled Region with --region.",
        )
    return who["Account"], who["Arn"].split(":")[1]


def checked(aws, options):
    """The organization of a run. Raises :class:`Misuse`."""
    deploying, partition = caller(aws)
    try:
        found = aws.read("organizations", "describe_organization")["Organization"]
    except ClientError as problem:
        if code_of(problem) != "AWSOrganizationsNotInUseException":
            raise
        raise Misuse(
            f"account {deploying} is not in an organization",
            "Use a profile of a sandbox organization.",
        ) from problem
    result = Organization(found["Id"], found["MasterAccountId"], deploying, partition)
    _check_administrator(aws, result)
    _check_access(aws, result)
    if options.member:
        _add_accounts(aws, result, options)
    return result


def _check_administrator(aws, organization):
    if organization.is_management:
        return
    missing = [STACK_SETS, PACKS]
    try:
        services = aws.pages(
            "organizations",
            "list_delegated_services_for_account",
            "DelegatedServices",
            AccountId=organization.deploying,
        )
        principals = [one["ServicePrincipal"] for one in services]
        missing = [one for one in missing if one not in principals]
    except ClientError as problem:
        if code_of(problem) not in ("AccessDeniedException", "AccountNotRegisteredException"):
            raise
    if missing:
        raise Misuse(
            f"account {organization.deploying} is neither the management account "
            f"{organization.management} nor a delegated administrator of {' and '.join(missing)}",
            "Use another profile, or register the account: aws organizations "
            f"register-delegated-administrator --account-id {organization.deploying} "
            f"--service-principal {missing[0]}",
        )


def _check_access(aws, organization):
    given = {} if organization.is_management else {"CallAs": "DELEGATED_ADMIN"}
    status = aws.read("cloudformation", "describe_organizations_access", **given)["Status"]
    if status != "ENABLED":
        raise Misuse(
            "stack sets have no trusted access to the organization",
            "In the management account: aws cloudformation activate-organizations-access",
        )
    services = aws.pages(
        "organizations", "list_aws_service_access_for_organization", "EnabledServicePrincipals"
    )
    if PACKS not in [one["ServicePrincipal"] for one in services]:
        raise Misuse(
            "AWS Config has no trusted access to the organization",
            "In the management account: aws organizations enable-aws-service-access "
            f"--service-principal {PACKS}",
        )


def _add_accounts(aws, organization, options):
    listed = aws.pages("organizations", "list_accounts", "Accounts")
    status = {one["Id"]: one.get("State") or one.get("Status") for one in listed}
    organization.accounts = tuple(one for one, state in status.items() if state == "ACTIVE")
    if len(organization.accounts) > MOST_EXCLUDED:
        raise Misuse(
            f"the organization has more than {MOST_EXCLUDED} accounts, and a pack for one of them "
            "excludes all others",
            "Use a sandbox organization.",
        )
    for name, account in (("member", options.member), ("spare-account", options.spare_account)):
        if account is None:
            continue
        if account not in organization.accounts:
            raise Misuse(
                f"account {account} of --{name} is not an active account of the organization",
                "Name an active member account.",
            )
        if account in (organization.management, organization.deploying):
            raise Misuse(
                f"account {account} of --{name} is the management or the deploying account",
                "Name another member account.",
            )
    organization.member = options.member
    organization.member_parent = parent(aws, options.member)
    if options.spare_account:
        _add_spare(aws, organization, options)


def _add_spare(aws, organization, options):
    unit = options.spare_unit
    try:
        within = aws.pages("organizations", "list_accounts_for_parent", "Accounts", ParentId=unit)
    except ClientError as problem:
        if code_of(problem) not in ("ParentNotFoundException", "InvalidInputException"):
            raise
        raise Misuse(
            f"organizational unit '{unit}' does not exist", "Check --spare-unit."
        ) from problem
    others = [one["Id"] for one in within if one["Id"] != options.spare_account]
    if others:
        raise Misuse(
            f"organizational unit '{unit}' contains other accounts ({', '.join(others)}), to which "
            "stack sets would deploy",
            "Name a unit without accounts with --spare-unit.",
        )
    organization.spare, organization.unit = options.spare_account, unit
    organization.spare_parent = parent(aws, options.spare_account)


def parent(aws, account):
    """The unit or the root that contains an account."""
    return aws.read("organizations", "list_parents", ChildId=account)["Parents"][0]["Id"]
