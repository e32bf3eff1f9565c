"""Places are never oversold, and never lie idle while somebody waits who could take one."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.cases import MoveRequest
from services.cases.holding import hold_for
from services.cases.moving import move, resident_move
from services.clubs import offering
from services.clubs.errors import EnrolmentRefused
from services.clubs.listing import children, waiting
from services.clubs.offering import accept, decline, end_groups, sweep_clubs
from services.clubs.organising import close
from services.errors import ServiceError, TransitionNotAllowed
from services.residents.children import Child
from tests.services.clubs.conftest import CLUB, Club
from tests.services.hands import Bell


async def organiser(club: Club, case_id: UUID, to: str) -> None:
    async with club.pool.acquire() as connection, connection.transaction():
        held = await hold_for(connection, CLUB, case_id)
        row = held.of(1)
        assert row is not None
        wish = MoveRequest(to=to, message="Так", reason="other")
        await move(connection, club.house, CLUB, held, wish, f'"{row.version}"')


async def resident(club: Club, case_id: UUID, to: str) -> None:
    async with club.pool.acquire() as connection, connection.transaction():
        if to == "submitted":
            await accept(connection, club.house, case_id)
        elif to == "declined":
            await decline(connection, club.house, case_id)
        else:
            await resident_move(connection, club.house, case_id, to)


async def sweep(club: Club) -> None:
    await sweep_clubs(club.pool, club.house, Bell())


async def test_the_last_place_is_taken_once(club: Club) -> None:
    """Fifty at once on three places: three have one, the line has its own limit, the rest know."""
    group = await club.group(capacity=3, waiting=10)

    async def come() -> str:
        try:
            return (await club.apply(group)).state
        except EnrolmentRefused as error:
            return error.code

    found = Counter(await asyncio.gather(*(come() for _ in range(50))))
    assert found == {"submitted": 3, "waitlisted": 10, "waiting_list_full": 37}
    await club.check()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"age_from": 12}, "age_out_of_range"),
        ({"age_to": 9}, "age_out_of_range"),
        ({"enrol_until": date(2026, 8, 1)}, "window_closed"),
        ({"enrol_from": date(2026, 10, 1)}, "window_closed"),
        ({"capacity": 0, "waiting": 0}, "waiting_list_full"),
    ],
)
async def test_every_refusal_has_its_reason(
    club: Club, fields: dict[str, Any], reason: str
) -> None:
    fields = {
        key: club.clock.at.replace(year=value.year, month=value.month, day=value.day)
        if isinstance(value, date)
        else value
        for key, value in fields.items()
    }
    group = await club.group(**fields)
    with pytest.raises(EnrolmentRefused) as refusal:
        await club.apply(group)
    assert refusal.value.code == reason
    await club.check()


async def test_siblings_get_all_or_none(club: Club) -> None:
    """In one group or several; if any is full, and they wait, all of them wait."""
    first, second = await club.group(capacity=2), await club.group(capacity=1)
    assert (await club.apply(first, second)).state == "submitted"
    with pytest.raises(EnrolmentRefused):
        await club.apply(first, second, if_full="refuse")
    both = await club.apply(first, second)
    assert both.state == "waitlisted"
    assert both.bundle is not None
    await club.check()


async def test_siblings_in_two_orders_never_lock_each_other_out(club: Club) -> None:
    groups = [await club.group(capacity=40) for _ in range(4)]
    orders = [groups, groups[::-1], groups[2:] + groups[:2]]
    await asyncio.gather(*(club.apply(*orders[number % 3]) for number in range(30)))
    assert Counter(await club.states(*groups)) == {"submitted": 120}
    await club.check()


async def test_one_application_for_a_child_and_group(club: Club) -> None:
    """One's own is refused outright; somebody else's is looked at, takes no place, says nothing."""
    group, account = await club.group(), await club.resident()
    child = Child("Иванов Пётр", date(2016, 3, 12))
    await club.apply(group, child=child, account=account)
    same = Child("  ИВАНОВ   Петр ", date(2016, 3, 12))
    with pytest.raises(EnrolmentRefused) as refusal:
        await club.apply(group, child=same, account=account)
    assert refusal.value.code == "already_enrolled"
    assert (await club.apply(group, child=same)).state == "review"
    assert await club.pool.fetchval("SELECT taken FROM groups WHERE id = $1", group) == 1
    await club.check()


async def test_nobody_can_try_children_one_after_another(club: Club) -> None:
    """Five clashes a day, then no more answers."""
    group, stranger = await club.group(capacity=20), await club.resident()
    for _ in range(5):
        await club.apply(group, child=(child := club.child()))
        assert (await club.apply(group, child=child, account=stranger)).state == "review"
    await club.apply(group, child=(child := club.child()))
    with pytest.raises(EnrolmentRefused) as refusal:
        await club.apply(group, child=child, account=stranger)
    assert refusal.value.code == "too_many_tries"


async def test_a_freed_place_is_offered_to_the_first_of_the_line(club: Club) -> None:
    """(priority, time, id); newcomers go behind those who wait, even while a place is free."""
    group = await club.group(capacity=1)
    first = await club.apply(group)
    second = await club.apply(group)
    third = await club.apply(group, priority="many")
    await resident(club, first.filed[0].id, "withdrawn")
    assert (await club.apply(group)).state == "waitlisted"
    await sweep(club)
    assert await club.state(third.filed[0].id) == "offered"
    assert await club.state(second.filed[0].id) == "waitlisted"
    await club.check()
    await resident(club, third.filed[0].id, "submitted")
    await sweep(club)
    assert await club.state(third.filed[0].id) == "submitted"
    assert await club.state(second.filed[0].id) == "waitlisted"
    await club.check()


async def test_an_offer_that_is_not_taken_moves_on(club: Club) -> None:
    group = await club.group(capacity=1)
    first, second, third = [await club.apply(group) for _ in range(3)]
    await organiser(club, first.filed[0].id, "rejected")
    await sweep(club)
    club.clock.at += timedelta(minutes=2881)
    await sweep(club)
    assert await club.state(second.filed[0].id) == "expired"
    assert await club.state(third.filed[0].id) == "offered"
    await resident(club, third.filed[0].id, "declined")
    with pytest.raises(TransitionNotAllowed):
        await resident(club, third.filed[0].id, "submitted")
    await club.check()


async def test_who_cannot_be_told_does_not_hold_a_place(club: Club) -> None:
    """An offer that proved undeliverable is over at once, with the reason."""
    group = await club.group(capacity=1)
    first, second, third = [await club.apply(group) for _ in range(3)]
    await resident(club, first.filed[0].id, "withdrawn")
    await sweep(club)
    await club.pool.execute(
        """UPDATE accounts SET writable = false
        WHERE id = (SELECT account_id FROM cases WHERE id = $1)""",
        second.filed[0].id,
    )
    await sweep(club)
    assert await club.state(second.filed[0].id) == "expired"
    assert await club.state(third.filed[0].id) == "offered"
    why = await club.pool.fetchval("SELECT why FROM passed_over")
    assert why == "unreachable"


async def test_a_bundle_is_passed_over_until_all_its_places_are_free(club: Club) -> None:
    """Then it goes first; what it is offered is taken or left together."""
    first, second = await club.group(capacity=1), await club.group(capacity=1)
    one, other = await club.apply(first), await club.apply(second)
    both = await club.apply(first, second)
    alone = await club.apply(first)
    await resident(club, one.filed[0].id, "withdrawn")
    await sweep(club)
    assert await club.state(alone.filed[0].id) == "offered"
    assert await club.pool.fetchval("SELECT why FROM passed_over") == "bundle_needs_more"
    await resident(club, alone.filed[0].id, "declined")
    await resident(club, other.filed[0].id, "withdrawn")
    await sweep(club)
    assert [await club.state(case.id) for case in both.filed] == ["offered", "offered"]
    await resident(club, both.filed[1].id, "submitted")
    assert [await club.state(case.id) for case in both.filed] == ["submitted", "submitted"]
    await club.check()


async def test_a_smaller_capacity_throws_nobody_out(club: Club) -> None:
    """Places sink as they are freed; nobody new comes in before that."""
    group = await club.group(capacity=3)
    filed = [(await club.apply(group)).filed[0].id for _ in range(4)]
    await club.pool.execute(
        "UPDATE groups SET capacity = 1, places = greatest(1, taken + offered) WHERE id = $1",
        group,
    )
    await resident(club, filed[0], "withdrawn")
    await sweep(club)
    assert await club.states(group) == ["withdrawn", "submitted", "submitted", "waitlisted"]
    await resident(club, filed[1], "withdrawn")
    await resident(club, filed[2], "withdrawn")
    await sweep(club)
    assert (await club.states(group))[3] == "offered"
    await club.check()


async def test_a_closed_group_lets_everybody_go_with_a_word(club: Club) -> None:
    """All but children who are in it already; nobody is offered anything any more."""
    group = await club.group(capacity=2)
    filed = [(await club.apply(group)).filed[0].id for _ in range(3)]
    await organiser(club, filed[0], "confirmed")
    await organiser(club, filed[0], "enrolled")
    code = await club.pool.fetchval("SELECT code FROM groups WHERE id = $1", group)
    moved = await close(club.pool, club.house, CLUB, code, "Педагог ушёл.")
    assert len(moved) == 2
    await sweep(club)
    assert await club.states(group) == ["enrolled", "rejected", "rejected"]
    club.clock.at += timedelta(days=300)
    await end_groups(club.pool, club.house)
    assert await club.states(group) == ["completed", "rejected", "rejected"]
    await club.check()


async def test_who_was_never_enrolled_keeps_nobody_from_completing(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many the organiser left undecided when their group ended."""
    monkeypatch.setattr(offering, "AT_ONCE", 1)
    early, late = await club.group(ends_on=date(2026, 10, 1)), await club.group()
    await organiser(club, (await club.apply(early)).filed[0].id, "confirmed")
    enrolled = (await club.apply(late)).filed[0].id
    await organiser(club, enrolled, "confirmed")
    await organiser(club, enrolled, "enrolled")
    club.clock.at += timedelta(days=300)
    await end_groups(club.pool, club.house)
    assert await club.states(early) == ["confirmed"]
    assert await club.states(late) == ["completed"]


async def test_the_organiser_sees_the_children_and_the_line(club: Club) -> None:
    """In order, with the reads noted."""
    group = await club.group(capacity=1)
    await club.apply(group)
    second, third = await club.apply(group), await club.apply(group, priority="many")
    code = await club.pool.fetchval("SELECT code FROM groups WHERE id = $1", group)
    async with club.pool.acquire() as connection:
        (child,) = await children(connection, club.house, CLUB, code)
        line = await waiting(connection, club.house, CLUB, code)
    assert child.child is not None
    assert child.child.name == "Ребёнок 1"
    assert [(row.case, row.place) for row in line] == [
        (third.filed[0].id, 1),
        (second.filed[0].id, 2),
    ]
    assert await club.pool.fetchval("SELECT count(*) FROM reads") == 3


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["apply", "together", "resize", "confirmed", "enrolled", "test_invited", "rejected",
             "withdrawn", "left", "submitted", "declined", "waitlisted", "sweep", "wait", "close"]
        ),
        st.integers(0, 1000),
        st.integers(0, 4),
    ),
    min_size=5,
    max_size=40,
)  # fmt: skip


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=DEEDS)
async def test_whatever_happens_the_places_are_right(
    club: Club, deeds: list[tuple[str, int, int]]
) -> None:
    """Publish, resize, apply, apply together, confirm, withdraw, accept, decline, expire, reject.

    After each the counters say what is held; after a sweep no place is free while the first of
    the line could take it.
    """
    groups = [await club.group(capacity=1, waiting=3), await club.group(capacity=2, waiting=2)]
    cases: list[UUID] = []
    for deed, chance, number in deeds:
        group = groups[chance % 2]
        case = cases[chance % len(cases)] if cases else None
        try:
            if deed in {"apply", "together"}:
                wanted = (group,) if deed == "apply" else (groups[chance % 2], groups[0])
                cases += [each.id for each in (await club.apply(*wanted)).filed]
            elif deed == "resize":
                await club.pool.execute(
                    """UPDATE groups SET capacity = $2, places = greatest($2, taken + offered)
                    WHERE id = $1""",
                    group,
                    number,
                )
            elif deed == "sweep":
                await sweep(club)
            elif deed == "wait":
                club.clock.at += timedelta(hours=number * 20)
            elif deed == "close" and number == 4:
                code = await club.pool.fetchval("SELECT code FROM groups WHERE id = $1", group)
                await close(club.pool, club.house, CLUB, code, "Закрываем.")
            elif case is not None and deed in {"submitted", "declined", "withdrawn"}:
                await resident(club, case, deed)
            elif case is not None and deed != "close":
                await organiser(club, case, deed)
        except ServiceError:
            pass
        await club.check()
    await sweep(club)
    await club.check()
    idle = await club.pool.fetchval(
        """SELECT count(*) FROM groups g WHERE g.closed_at IS NULL
            AND g.taken + g.offered < g.places AND EXISTS (
                SELECT FROM enrolments e WHERE e.group_id = g.id AND e.holds = 'waiting'
                    AND e.bundle IS NULL)"""
    )
    assert idle == 0
    await club.pool.execute("DELETE FROM passed_over")
