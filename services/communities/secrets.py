"""What is sealed of a page, opened where it is needed: its token, the secrets of its callbacks."""

import secrets
from datetime import datetime

from services.communities.queries import Community
from services.ports import Page
from services.privacy.sealing import Sealer

TOKEN_PLACE = "communities.token"  # noqa: S105 - the name of a column
SECRET_PLACE = "communities.secret"  # noqa: S105 - the name of a column
SECRET_BYTES = 24  # 32 characters; VK takes 50 at most


def new_secret() -> str:
    """Make a secret for a page's callbacks."""
    return secrets.token_urlsafe(SECRET_BYTES)


def row_of(group_id: int) -> str:
    """Return the row that a page's sealed values are bound to."""
    return f"vk:{group_id}"


def page_of(sealer: Sealer, community: Community) -> Page:
    """Return the page with its token opened; raises Unreadable."""
    token = sealer.open(TOKEN_PLACE, row_of(community.group_id), community.token)
    return Page(community.id, community.group_id, token.decode())


def secrets_of(sealer: Sealer, community: Community, now: datetime) -> tuple[bytes, ...]:
    """Return the secrets that are good at this moment, the present one first."""
    row = row_of(community.group_id)
    present = sealer.open(SECRET_PLACE, row, community.secret)
    until = community.previous_until
    if community.previous_secret is None or (until is not None and until <= now):
        return (present,)
    return present, sealer.open(SECRET_PLACE, row, community.previous_secret)
