"""SNS answers in small pages, so that small tests see a second one.

moto: has pages of 100, as AWS, and no way to ask for smaller ones.
AWS: ``ListTopics`` and ``ListSubscriptions`` return up to 100.
Source: https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html
"""

import moto.sns.models

from patches.registry import sets

sets(moto.sns.models, "DEFAULT_PAGE_SIZE", 2)
