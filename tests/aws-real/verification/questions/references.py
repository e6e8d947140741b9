"""Question 1: do organization packs resolve ``Fn::Sub`` and pseudo parameters?"""

import json

from botocore.exceptions import ClientError

from verification import names, packs
from verification.answers import Question
from verification.errors import text_of
from verification.steps import Step

QUESTION = Question(
    "1",
    "Do organization packs resolve Fn::Sub, AWS::AccountId and AWS::Region, also in conditions?",
    "--canary is possible, and packs need no literal ARNs",
    "no --canary; packs that are written by hand need literal ARNs",
)
QUESTIONS = (QUESTION,)


def missing(_):
    """It needs nothing more."""
    return None


def steps(_):
    """A pack with one rule."""
    return [
        Step(
            "config",
            "put_organization_conformance_pack",
            names.REFERENCES_PACK,
            "one rule in the member account; all other accounts are excluded",
            evaluations=2,
            items=3,
        )
    ]


def template(setting):
    """A rule whose function and parameters are references, by a condition on the account."""
    organization, arn = setting.organization, setting.arn(names.FUNCTION)
    sub = arn.replace(f"arn:{organization.partition}:", "arn:${AWS::Partition}:")
    sub = sub.replace(f":{setting.region}:", ":${AWS::Region}:")
    function = {"Fn::If": ["IsMember", {"Fn::Sub": sub}, arn]}
    parameters = {
        "account": {"Ref": "AWS::AccountId"},
        "region": {"Ref": "AWS::Region"},
        "both": {"Fn::Sub": "${AWS::AccountId}/${AWS::Region}"},
        "branch": {"Fn::If": ["IsMember", "member", "other"]},
    }
    condition = {"Fn::Equals": [{"Ref": "AWS::AccountId"}, organization.member]}
    rule = packs.rule(names.REFERENCES_RULE, function, parameters)
    return packs.template([rule], {"IsMember": condition})


def ask(setting):
    """Put the pack, and read the rule in the member account."""
    member = setting.organization.member
    try:
        state = setting.packs.put(names.REFERENCES_PACK, template(setting), member)
    except ClientError as problem:
        return [QUESTION.no(f"the template is refused: {text_of(problem)}", setting.aws.evidence())]
    evidence = setting.aws.evidence()
    if state is None:
        return [QUESTION.undetermined("the pack is still in progress", evidence)]
    if not state.is_successful:
        return [QUESTION.no(f"the pack is {state} in the member account", evidence)]
    rule = setting.member.rule(names.REFERENCES_RULE)
    if rule is None:
        return [QUESTION.undetermined("the member account does not have the rule", evidence)]
    seen = json.loads(rule.get("InputParameters") or "{}")
    wanted = {
        "account": member,
        "region": setting.region,
        "both": f"{member}/{setting.region}",
        "branch": "member",
    }
    wrong = sorted(name for name, value in wanted.items() if seen.get(name) != value)
    function = rule["Source"]["SourceIdentifier"]
    if function != setting.arn(names.FUNCTION):
        wrong.append("SourceIdentifier")
    found = setting.member.aws.evidence(f"InputParameters {json.dumps(seen, sort_keys=True)}")
    if wrong:
        return [QUESTION.no(f"not resolved: {', '.join(wrong)}", found)]
    return [QUESTION.yes("the rule in the member account has the resolved values", found)]
