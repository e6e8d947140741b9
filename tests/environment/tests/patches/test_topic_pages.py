def first_page(account):
    sns = account.client("sns")
    for name in ("a", "b", "c"):
        sns.create_topic(Name=name)
    return sns.list_topics()


def test_moto_has_large_pages(unpatched):
    assert "NextToken" not in first_page(unpatched)


def test_patched_pages_are_small(account):
    page = first_page(account)
    assert len(page["Topics"]) == 2
    assert page["NextToken"]
