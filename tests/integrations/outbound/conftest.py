from datetime import UTC, datetime

import pytest

from services.ports import Clock


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return FixedClock()
