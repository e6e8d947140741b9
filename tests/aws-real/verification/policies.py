"""Policies of the roles and functions of a run, each with the least permissions."""

from verification import names


def _document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust_of_functions():
    """AWS Lambda assumes the role of the functions."""
    principal = {"Service": "lambda.amazonaws.com"}
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def trust_of_readers(organization, secret):
    """Principals of the deploying account that know the secret of this run."""
    arn = f"arn:{organization.partition}:iam::{organization.deploying}:root"
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": arn},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": secret}},
        }
    )


def trust_of_member(organization):
    """The roles of this run in the deploying account, and no one else."""
    arns = [organization.role(organization.deploying, role) for role in names.ROLES]
    arn = f"arn:{organization.partition}:iam::{organization.deploying}:root"
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": arn},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": arns},
                "StringEquals": {"aws:PrincipalOrgID": organization.id},
            },
        }
    )


def trust_of_no_one(organization):
    """A role that only shows that a stack was created."""
    arn = f"arn:{organization.partition}:iam::{organization.deploying}:root"
    return _document({"Effect": "Deny", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"})


def of_functions(organization, region):
    """Log, and assume the role of the member account."""
    groups = [
        f"arn:{organization.partition}:logs:{region}:{organization.deploying}:log-group:"
        f"{names.log_group(function)}:*"
        for function in names.FUNCTIONS
    ]
    return _document(
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": groups,
        },
        _assume(organization),
    )


def of_reader(organization):
    """Assume the role of the member account."""
    return _document(_assume(organization))


def of_condition(organization):
    """The same, where ``aws:ResourceOrgID`` is set and is the organization."""
    condition = {"StringEquals": {"aws:ResourceOrgID": organization.id}}
    return _document({**_assume(organization), "Condition": condition})


def _assume(organization):
    arn = organization.role(organization.member, names.MEMBER_ROLE)
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}


def of_member(organization, region):
    """Read AWS Config and Security Hub, put results, and start rules of packs."""
    rules = (
        f"arn:{organization.partition}:config:{region}:{organization.member}:config-rule/"
        "aws-service-rule/config-conforms.amazonaws.com/*"
    )
    reads = [
        "config:DescribeConfigRuleEvaluationStatus",
        "config:DescribeConfigRules",
        "config:DescribeConfigurationRecorderStatus",
        "config:GetComplianceDetailsByConfigRule",
        "config:PutEvaluations",
        "securityhub:DescribeHub",
        "securityhub:GetFindings",
    ]
    return _document(
        {"Effect": "Allow", "Action": reads, "Resource": "*"},
        {"Effect": "Allow", "Action": "config:StartConfigRulesEvaluation", "Resource": rules},
    )


def invocation(arn, condition):
    """The policy of a function that AWS Config may invoke under a condition."""
    return _document(
        {
            "Sid": "PlumblineVerify",
            "Effect": "Allow",
            "Principal": {"Service": "config.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": {"StringEquals": condition},
        }
    )
