"""Who sees a slot when: clock edges, nights, the change of the year."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.doctors.hours import Release, fits, next_morning, offer_end, release
from services.doctors.norms import norm_of

KRAI = ZoneInfo("Asia/Vladivostok")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KRAI)


@pytest.mark.parametrize(
    ("now", "starts", "expected"),
    [
        ("2026-09-01T12:00", "2026-09-02T12:00", Release(offer=True)),
        ("2026-09-01T12:00", "2026-09-01T16:00", Release()),
        ("2026-09-01T12:00", "2026-09-01T16:01", Release(offer=True)),
        ("2026-09-01T20:59", "2026-09-02T12:00", Release(offer=True)),
        ("2026-09-01T21:00", "2026-09-02T15:00", Release(later=local("2026-09-02T08:00"))),
        ("2026-09-01T21:00", "2026-09-02T12:00", Release()),
        ("2026-09-02T03:00", "2026-09-02T12:01", Release(later=local("2026-09-02T08:00"))),
        ("2026-09-02T03:00", "2026-09-02T06:00", Release()),
        ("2026-12-31T23:30", "2027-01-01T15:00", Release(later=local("2027-01-01T08:00"))),
        ("2026-09-02T07:59", "2026-09-03T08:00", Release(later=local("2026-09-02T08:00"))),
        ("2026-09-02T08:00", "2026-09-03T08:00", Release(offer=True)),
    ],
)
def test_who_sees_a_free_slot(now: str, starts: str, expected: Release) -> None:
    """Whatever the server's zone: the night is the krai's."""
    assert release(local(starts), local(now).astimezone(UTC), KRAI) == expected


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC)),  # noqa: DTZ001 the strategy adds the zone
    ahead=st.timedeltas(timedelta(minutes=1), timedelta(days=40)),
    minutes=st.integers(5, 2880),
)
def test_an_offer_is_never_sent_at_night_nor_too_late(
    now: datetime, ahead: timedelta, minutes: int
) -> None:
    """Nor does it last past two hours before the start; a kept slot is kept until a morning."""
    found = release(now + ahead, now, KRAI)
    if found.offer:
        assert next_morning(now, KRAI) is None
        assert now < offer_end(now + ahead, now, minutes) <= now + ahead - timedelta(hours=2)
    if found.later is not None:
        assert next_morning(found.later, KRAI) is None
        assert now < found.later < now + ahead - timedelta(hours=4)


@pytest.mark.parametrize(
    ("days", "hours", "expected"),
    [
        (None, (None, None), True),
        ([2], (None, None), True),
        ([1, 3], (None, None), False),
        (None, ("09:00", "12:00"), True),
        (None, ("09:31", None), False),
        (None, (None, "09:30"), False),
    ],
)
def test_wishes(
    days: list[int] | None, hours: tuple[str | None, str | None], expected: bool
) -> None:
    """A Tuesday at 09:30 of the krai."""
    from datetime import time  # noqa: PLC0415

    start, end = (None if each is None else time.fromisoformat(each) for each in hours)
    assert fits(local("2026-09-01T09:30"), KRAI, days, start, end) == expected


@pytest.mark.parametrize(
    ("speciality", "words", "limit"),
    [
        ("терапевт", "24 часа", "2026-12-31T12:00:00"),
        ("кардиолог", "3 рабочих дня", "2027-01-13T23:59:59"),
        ("хирург", "14 рабочих дней", "2027-01-28T23:59:59"),
    ],
)
def test_norms_count_working_days(speciality: str, words: str, limit: str) -> None:
    """Over the New Year, by the production calendar."""
    found = norm_of(speciality, local("2026-12-30T12:00"), KRAI)
    assert found[0] == words
    assert found[1] == local(limit)
