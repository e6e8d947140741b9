"""Results of rules in Security Hub, as AWS Config forwards them.

It forwards no results of service-linked rules, so none of rules in packs.
Source: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-internal-providers.html
"""

import hashlib
from datetime import UTC, datetime

from moto.utilities.utils import get_partition

_STATES = {"COMPLIANT": ("PASSED", "INFORMATIONAL", 0), "NON_COMPLIANT": ("FAILED", "MEDIUM", 40)}
_SERVICE_LINKED = ":config-rule/aws-service-rule/"


def forward(security_hub, rule, account, region, results):
    """Store the results of a rule as findings, where Security Hub is enabled."""
    if _SERVICE_LINKED in rule.config_rule_arn:
        return
    for result in results:
        if result["ComplianceType"] in _STATES:
            security_hub.receive(account, region, _finding(rule, account, region, result))


def _finding(rule, account, region, result):
    partition = get_partition(region)
    status, label, normalized = _STATES[result["ComplianceType"]]
    name, arn = rule.config_rule_name, rule.config_rule_arn
    resource = result["ComplianceResourceId"]
    digest = hashlib.sha256(f"{arn} {resource}".encode()).hexdigest()[:32]
    time = datetime.fromtimestamp(result["ResultRecordedTime"], UTC)
    at = time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"{arn}/finding/{digest}",
        "ProductArn": f"arn:{partition}:securityhub:{region}::product/aws/config",
        "ProductName": "Config",
        "CompanyName": "AWS",
        "Region": region,
        "GeneratorId": arn,
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks"],
        "FindingProviderFields": {
            "Severity": {"Label": label},
            "Types": ["Software and Configuration Checks"],
        },
        "CreatedAt": at,
        "UpdatedAt": at,
        "ProcessedAt": at,
        "Title": name,
        "Description": f"A result of the rule {name}.",
        "Severity": {"Label": label, "Normalized": normalized},
        "Compliance": {"Status": status},
        "ProductFields": {
            "aws/config/ConfigRuleArn": arn,
            "aws/config/ConfigRuleName": name,
            "aws/config/ConfigComplianceType": result["ComplianceType"],
            "aws/securityhub/ProductName": "Config",
            "aws/securityhub/CompanyName": "AWS",
        },
        "Resources": [
            {
                "Type": result["ComplianceResourceType"],
                "Id": resource,
                "Partition": partition,
                "Region": region,
            }
        ],
        "Workflow": {"Status": "NEW"},
        "WorkflowState": "NEW",
        "RecordState": "ACTIVE",
    }
