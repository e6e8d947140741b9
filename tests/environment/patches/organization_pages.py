"""Organizations answers in small pages, so that small tests see a second one.

moto: returns up to 100 accounts and 20 units on a page, and continues after a ``JoinedTimestamp``,
which several accounts can have.
AWS: a page has at most 20, and may have fewer with a ``NextToken``.
Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
"""

from moto.organizations.utils import PAGINATION_MODEL

from patches.registry import sets_entry

PAGE = 2

for _listing, _identity in (
    ("list_accounts", "Id"),
    ("list_accounts_for_parent", "id"),
    ("list_organizational_units_for_parent", "id"),
):
    sets_entry(PAGINATION_MODEL[_listing], "limit_default", PAGE)
    sets_entry(PAGINATION_MODEL[_listing], "unique_attribute", _identity)
