import pytest

from strictaws import paging

ITEMS = list("abcde")


def test_pages_are_complete_and_end():
    seen, token = [], None
    for _ in range(3):
        part, token = paging.page(ITEMS, "listing", token, 2)
        seen.append(part)
    assert seen == [["a", "b"], ["c", "d"], ["e"]]
    assert token is None


def test_page_that_is_full_at_the_end_has_no_token():
    assert paging.page(ITEMS, "listing", None, 5) == (ITEMS, None)


@pytest.mark.parametrize("token", ["x", "bm9wZQ==", paging.token("other", 2), "1", "ÿ"])
def test_token_of_another_listing_is_refused(token):
    with pytest.raises(paging.InvalidToken):
        paging.page(ITEMS, "listing", token, 2)
