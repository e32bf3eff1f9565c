"""How much is taken: of one file, of an appeal, of a resident in a day."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MEGABYTE = 1024 * 1024
FILE_BYTES = 10 * MEGABYTE
CASE_FILES = 10
DAY_FILES = 20
DAY_BYTES = 30 * MEGABYTE
FETCH_TRIES = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
"""Waits before each try: the resident waits, and VK's addresses of files are good for hours."""


def day_began(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the midnight from which a resident's files of today count."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
