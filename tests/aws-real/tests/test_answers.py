import json

ALL_YES = {"1", "2.1", "2.2", "2.3", "3", "5", "9.1", "9.2", "9.3", "9.4", "9.5"}


def given(answers):
    return {number: one["answer"] for number, one in answers.items()}


def test_all_answers_of_the_test_environment(sandbox):
    code, answers, report = sandbox.ask(
        *("--spare-account", sandbox.spare, "--spare-unit", sandbox.unit),
        account=sandbox.delegated,
    )
    # Only the management account moves accounts.
    assert code == 3
    assert "give --management-profile" in answers["6"]["reason"]
    assert given(answers) == {
        **dict.fromkeys(ALL_YES, "yes"),
        "0": "not asked",
        "4": "no",
        "6": "could not be determined",
        "7": "not asked",
        "8": "could not be determined",
    }
    assert all(one["evidence"] for one in answers.values() if one["answer"] != "not asked")
    assert report["invocations"] >= 5
    assert sandbox.left(sandbox.delegated) == []


def test_answers_without_the_organization_key(sandbox):
    sandbox.control("config/organization-key", account=sandbox.member, sent=False)
    code, answers, _ = sandbox.ask()
    expected = {number: answers[number]["answer"] for number in ("2.1", "2.2", "2.3", "9.3")}
    assert expected == {"2.1": "no", "2.2": "no", "2.3": "yes", "9.3": "yes"}
    assert answers["2.1"]["follows"] == "InvokePermission=accounts becomes the default"
    # The other questions are asked with a permission for the account.
    assert (code, answers["1"]["answer"]) == (0, "yes")
    assert sandbox.left() == []


def test_answer_of_a_policy_that_is_called_public(sandbox):
    sandbox.fault(
        sandbox.management,
        "lambda",
        "PutResourcePolicy",
        mode="error",
        code="PublicPolicyException",
        status=400,
        message="The policy is public.",
        match="SourceOrgID",
    )
    code, answers, _ = sandbox.ask()
    assert (code, answers["2.3"]["answer"]) == (3, "no")
    assert "PublicPolicyException" in answers["2.3"]["reason"]
    assert answers["2.1"]["answer"] == answers["2.2"]["answer"] == "could not be determined"
    assert answers["9.1"]["answer"] == "yes"


def test_answers_of_a_member_that_denies(sandbox):
    sandbox.fault(sandbox.member, "config", "StartConfigRulesEvaluation")
    sandbox.fault(sandbox.member, "config", "PutEvaluations")
    sandbox.client(sandbox.member, "securityhub").disable_security_hub()
    code, answers, _ = sandbox.ask()
    assert code == 3
    assert answers["9.3"]["answer"] == "no"
    assert answers["9.4"]["answer"] == "could not be determined"
    assert "Security Hub is not enabled" in answers["4"]["reason"]
    assert "no results before the change" in answers["9.2"]["reason"]
    assert sandbox.left() == []


def test_accounts_are_masked_in_all_formats(sandbox, tmp_path):
    file = tmp_path / "report.json"
    sandbox.client(sandbox.member, "securityhub").disable_security_hub()
    code, output, messages = sandbox.run(
        *("--yes", "--minutes", "0.05", "--member", sandbox.member, "--mask-accounts"),
        *("--format", "table", "--format", f"json={file}"),
    )
    assert code == 3, messages
    assert "| **yes (as simulated)**: " in output
    for text in (output, file.read_text()):
        assert "<member account>" in text
        assert not any(one in text for one in (sandbox.member, sandbox.management, sandbox.id))
    assert json.loads(file.read_text())["simulated"]
