"""Resource types that moto's CloudFormation lacks, and what it takes too lightly.

Importing this module is what adds them. A resource that AWS would refuse
raises, and the stack fails with the message.
"""

import json

import yaml
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction, LambdaStorage, Permission, get_backend
from moto.cloudformation import parsing
from moto.cloudwatch.models import cloudwatch_backends
from moto.config.models import Source, config_backends
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import Role, iam_backends
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

import organization
import wire
from config_rules import check_recorder

MAX_PACK_BYTES = 300 * 1024
MAX_PACK_BODY_BYTES = 51_200
MAX_PACK_RULES = 130
MAX_PACK_PARAMETERS = 60
MAX_INPUT_PARAMETERS = 1024
MAX_RULE_NAME = 128
MAX_TITLES = 100


def refused(message, code="ValidationException"):
    """The error for a resource that AWS would not make."""
    return wire.AwsError(code, message)


# What moto takes too lightly.

_clean = parsing.clean_json


def clean_json(value, resources):
    """As moto's, but ``AWS::NoValue`` leaves no hole in a list."""
    cleaned = _clean(value, resources)
    return [item for item in cleaned if item is not None] if isinstance(value, list) else cleaned


parsing.clean_json = clean_json

_CODES = {}
_set_function_code = LambdaFunction._set_function_code


def set_function_code(function, spec):
    """As moto's, but functions with the same code share it: it is large."""
    _set_function_code(function, spec)
    code = getattr(function, "code_bytes", b"")
    function.code_bytes = _CODES.setdefault(getattr(function, "code_sha_256", ""), code)


LambdaFunction._set_function_code = set_function_code

_make_function = LambdaFunction.create_from_cloudformation_json.__func__


@classmethod
def make_function(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """As moto's, with the architecture, and as strict as Lambda is."""
    properties = cloudformation_json["Properties"]
    _check_function(properties)
    _check_code(properties["Code"], account_id, region_name)
    function = _make_function(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    function.architectures = properties.get("Architectures", ["x86_64"])
    return function


def _check_function(properties):
    variables = properties.get("Environment", {}).get("Variables", {})
    if len(json.dumps(variables)) > 4096:
        raise refused("Lambda was unable to configure your environment variables: more than 4 KB", "InvalidParameterValueException")
    for name, value in variables.items():
        if not isinstance(value, str):
            raise refused(f"environment variable {name} is not a string")
        if name.startswith("AWS_") or name == "_HANDLER":
            raise refused(f"environment variable {name} is reserved", "InvalidParameterValueException")
    if not 1 <= int(properties.get("Timeout", 3)) <= 900:
        raise refused("Timeout is from 1 to 900 seconds")
    if not 128 <= int(properties.get("MemorySize", 128)) <= 10240:
        raise refused("MemorySize is from 128 to 10240 MB")
    if len(properties.get("Description", "")) > 256:
        raise refused("Description has at most 256 characters")
    if len(properties.get("FunctionName", "")) > 64:
        raise refused("FunctionName has at most 64 characters")


def _check_code(code, account, region):
    bucket = code.get("S3Bucket")
    if bucket and not organization.may_read(account, bucket, region):
        message = f"Your access has been denied by S3, please make sure your request credentials have permission to GetObject for {bucket}/{code['S3Key']}."
        raise refused(message, "AccessDeniedException")


LambdaFunction.create_from_cloudformation_json = make_function

_put_function = LambdaStorage.put_function


def put_function(storage, function):
    """As moto's, and the role has to trust Lambda."""
    _put_function(storage, function)
    role = iam_backends[storage.account_id][storage.partition].get_role_by_arn(function.role)
    trust = json.loads(role.assume_role_policy_document)
    services = [statement.get("Principal", {}).get("Service", []) for statement in trust["Statement"]]
    if not any("lambda.amazonaws.com" in service for service in services):
        raise refused("The role defined for the function cannot be assumed by Lambda.", "InvalidParameterValueException")


LambdaStorage.put_function = put_function

_make_permission = Permission.create_from_cloudformation_json.__func__


@classmethod
def make_permission(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """As moto's, and it can be found again."""
    permission = _make_permission(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    permission.function = cloudformation_json["Properties"]["FunctionName"]
    permission.statement = get_backend(account_id, region_name).get_function(permission.function).policy.statements[-1]
    return permission


def delete_permission(permission, account, region):
    """What moto does not: nobody is let in any more."""
    try:
        policy = get_backend(account, region).get_function(permission.function).policy
    except UnknownFunctionException:
        return
    policy.statements = [statement for statement in policy.statements if statement["Sid"] != permission.statement["Sid"]]


Permission.create_from_cloudformation_json = make_permission
Permission.delete = delete_permission

_make_source = Source.__init__


def make_source(source, account_id, region, owner, source_identifier, source_details=None):
    """As moto's, which looks for every function in the account of the rule."""
    parts = source_identifier.split(":")
    _make_source(source, parts[4] if len(parts) == 7 else account_id, region, owner, source_identifier, source_details)


Source.__init__ = make_source


_make_role = Role.create_from_cloudformation_json.__func__


@classmethod
def make_role(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    """As moto's, with documents as JSON texts, as IAM hands them out; moto keeps Python's."""
    properties = dict(cloudformation_json["Properties"])
    properties["AssumeRolePolicyDocument"] = json.dumps(properties["AssumeRolePolicyDocument"])
    properties["Policies"] = [
        {**policy, "PolicyDocument": json.dumps(policy["PolicyDocument"])} for policy in properties.get("Policies", [])
    ]
    return _make_role(cls, resource_name, {**cloudformation_json, "Properties": properties}, account_id, region_name, **kwargs)


Role.create_from_cloudformation_json = make_role


def get_permission(bucket, action, resource):
    """As moto's, without statements that have conditions: moto would take them as if they always held, and deny plain HTTP to everyone."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    policy["Statement"] = [statement for statement in policy["Statement"] if not statement.get("Condition")]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


FakeBucket.get_permission = get_permission


# What moto lacks.


class Added:
    """A resource that is known by a name."""

    def __init__(self, name):
        self.name = name

    @property
    def physical_resource_id(self):
        """What ``Ref`` gives."""
        return self.name

    def is_created(self):
        """Whether it is ready: at once."""
        return True

    @classmethod
    def has_cfn_attr(cls, attr):
        """Whether ``Fn::GetAtt`` knows the attribute: none."""
        return False

    TYPE = None
    NAME = None

    @classmethod
    def cloudformation_type(cls):
        """The type."""
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls):
        """The property with the name."""
        return cls.NAME

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        """Makes it."""
        made = cls(resource_name)
        made.put(cloudformation_json["Properties"], account_id, region_name)
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Makes it anew under the same name."""
        original_resource.remove(account_id, region_name)
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        """Takes it away."""
        cls(resource_name).remove(account_id, region_name)

    def delete(self, account_id, region):
        """Takes it away."""
        self.remove(account_id, region)

    def put(self, properties, account, region):
        """What making it means."""

    def remove(self, account, region):
        """What taking it away means."""


class BucketPolicy(Added):
    """``AWS::S3::BucketPolicy``."""

    TYPE, NAME = "AWS::S3::BucketPolicy", "Bucket"

    def put(self, properties, account, region):
        policy = json.dumps(properties["PolicyDocument"]).encode()
        s3_backends[account][get_partition(region)].put_bucket_policy(properties["Bucket"], policy)

    def remove(self, account, region):
        s3_backends[account][get_partition(region)].delete_bucket_policy(self.name)


class Alarm(Added):
    """``AWS::CloudWatch::Alarm`` on one metric."""

    TYPE, NAME = "AWS::CloudWatch::Alarm", "AlarmName"

    def put(self, properties, account, region):
        for action in properties.get("AlarmActions", []):
            if action.split(":")[3] != region:
                raise refused(f"Invalid region {action.split(':')[3]} specified. Only {region} is supported.", "ValidationError")
        cloudwatch_backends[account][region].put_metric_alarm(
            name=self.name,
            namespace=properties["Namespace"],
            metric_name=properties["MetricName"],
            comparison_operator=properties["ComparisonOperator"],
            evaluation_periods=int(properties["EvaluationPeriods"]),
            period=int(properties["Period"]),
            threshold=float(properties["Threshold"]),
            statistic=properties["Statistic"],
            description=properties.get("AlarmDescription", ""),
            dimensions=properties.get("Dimensions", []),
            alarm_actions=properties.get("AlarmActions", []),
            treat_missing_data=properties.get("TreatMissingData"),
        )

    def remove(self, account, region):
        cloudwatch_backends[account][region].delete_alarms([self.name])


class AutomationRule(Added):
    """``AWS::SecurityHub::AutomationRule``. ``hubs`` tells where Security Hub is enabled."""

    hubs = staticmethod(lambda account, region: False)
    TYPE, NAME = "AWS::SecurityHub::AutomationRule", "RuleName"

    def put(self, properties, account, region):
        if not self.hubs(account, region):
            raise refused(f"Account {account} is not subscribed to AWS Security Hub", "InvalidAccessException")
        if len(properties["Criteria"].get("Title", [])) > MAX_TITLES:
            raise refused(f"Title takes at most {MAX_TITLES} filters")


class ConformancePack(Added):
    """``AWS::Config::ConformancePack``: makes its rules, whose functions have to let AWS Config in."""

    TYPE, NAME = "AWS::Config::ConformancePack", "ConformancePackName"

    @property
    def id(self):
        """Its id, with which the names of its rules end."""
        return f"conformance-pack-{self.name[-9:].replace('-', '')}"

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    ):
        """Changes its rules, or leaves them."""
        original_resource.put(cloudformation_json["Properties"], account_id, region_name)
        return original_resource

    def put(self, properties, account, region):
        template, given = read_pack(properties, account, region)
        self.bring(template, given, account, region)

    def bring(self, template, given, account, region):
        """Makes the rules as the template has them, or leaves all as it was."""
        check_recorder(account, region)
        wanted = [self._checked(rule, account, region) for rule in self._rules(template, given, account, region)]
        rules = config_backends[account][region].config_rules
        before = dict(rules)
        try:
            self.remove(account, region)
            for rule in wanted:
                config_backends[account][region].put_config_rule(rule)
        except Exception:
            rules.clear()
            rules.update(before)
            raise

    def _rules(self, template, given, account, region):
        resources = parsing.ResourceMap("", self.name, given, {}, region, account, template, {})
        resources.load_parameters()
        resources.load_conditions()
        for resource in template["Resources"].values():
            yield clean_json(resource["Properties"], resources)

    def _checked(self, rule, account, region):
        function = rule["Source"]["SourceIdentifier"]
        if not _may_invoke(function, account, region):
            message = f"The AWS Lambda function {function} cannot be invoked. Check the specified function ARN, and check the function's permissions."
            raise refused(message, "InsufficientPermissionsException")
        parameters = json.dumps(rule.get("InputParameters", {}))
        name = f"{rule['ConfigRuleName']}-{self.id}"
        if len(parameters) > MAX_INPUT_PARAMETERS or len(name) > MAX_RULE_NAME:
            raise refused(f"rule {name}: its name or its parameters are too long")
        kinds = {detail["MessageType"] for detail in rule["Source"]["SourceDetails"]}
        if ("Scope" in rule) != bool(kinds - {"ScheduledNotification"}):
            raise refused(f"rule {name}: a scope is for changes, and changes need one", "InvalidParameterValueException")
        return {**rule, "ConfigRuleName": name, "InputParameters": parameters}

    def remove(self, account, region):
        rules = config_backends[account][region].config_rules
        for name in [name for name in rules if name.endswith(f"-{self.id}")]:
            del rules[name]


def read_pack(properties, account, region):
    """The template of a pack and the parameters that it is given, as strict as AWS Config before it makes anything."""
    code = "ConformancePackTemplateValidationException"
    if "TemplateS3Uri" in properties:
        bucket, _, key = properties["TemplateS3Uri"].removeprefix("s3://").partition("/")
        found = bucket in s3_backends.bucket_accounts and organization.may_read(account, bucket, region)
        object_ = s3_backends[account][get_partition(region)].get_object(bucket, key) if found else None
        if object_ is None:
            raise refused(f"{properties['TemplateS3Uri']} cannot be read", "InsufficientPermissionsException")
        text = object_.value
        if len(text) > MAX_PACK_BYTES:
            raise refused("the template is larger than 300 KB", code)
    else:
        text = properties.get("TemplateBody", "")
        if not 1 <= len(text.encode()) <= MAX_PACK_BODY_BYTES:
            raise refused(f"Value at 'templateBody' failed to satisfy constraint: Member must have length from 1 to {MAX_PACK_BODY_BYTES}")
    try:
        template = yaml.safe_load(text)
        resources = template["Resources"]
    except (yaml.YAMLError, TypeError, KeyError) as problem:
        raise refused("the template is not YAML with Resources", code) from problem
    parameters = properties.get("ConformancePackInputParameters") or []
    if len(parameters) > MAX_PACK_PARAMETERS:
        constraint = f"Member must have length less than or equal to {MAX_PACK_PARAMETERS}"
        raise refused(f"Value at 'conformancePackInputParameters' failed to satisfy constraint: {constraint}")
    given = {one["ParameterName"]: one["ParameterValue"] for one in parameters}
    known = template.get("Parameters", {})
    unknown = sorted(set(given) - set(known))
    missing = sorted(name for name, parameter in known.items() if name not in given and "Default" not in parameter)
    if unknown or missing:
        raise refused(f"the template has no parameters {unknown}, and needs {missing}", code)
    if len(resources) > MAX_PACK_RULES:
        raise refused(f"a pack has at most {MAX_PACK_RULES} rules", "MaxNumberOfConformancePacksExceededException")
    for resource in resources.values():
        if resource["Type"] not in ("AWS::Config::ConfigRule", "AWS::Config::RemediationConfiguration"):
            raise refused(f"{resource['Type']} is not for packs", code)
    return template, given


def _may_invoke(function, account, region):
    """Whether AWS Config may invoke a function for rules of an account."""
    _, _, _, of_region, of_account, _, name = function.split(":")
    if of_region != region:
        return False
    try:
        statements = get_backend(of_account, region).get_function(name).policy.statements
    except Exception:  # no such function
        return False
    return any(
        statement["Principal"] == {"Service": "config.amazonaws.com"}
        and statement["Action"] == "lambda:InvokeFunction"
        and statement.get("Condition", {}).get("StringEquals", {}).get("AWS:SourceAccount") == account
        for statement in statements
    )


_ADDED = [BucketPolicy, Alarm, AutomationRule, ConformancePack]
_known = parsing.get_model_list
parsing.get_model_list = lambda: [*_known(), *_ADDED]


def add(kind):
    """Let CloudFormation know one more type."""
    _ADDED.append(kind)
    return kind
