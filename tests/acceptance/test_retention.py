"""`gateway retention`: the terms, a dry run, a run, and what is refused."""

import re

import asyncpg

from tests.acceptance.town import Town, complains

OLD_EVENTS = """INSERT INTO inbox (community_id, event_id, type, at)
    SELECT 1, 'old-' || n, 'message_new', now() - interval '40 days' FROM generate_series(1, 7) n"""


def number(report: str, kind: str) -> int:
    """Return the number of one kind in a report."""
    found = re.search(rf"^(\d+) +{kind} ", report, re.MULTILINE)
    assert found is not None, report
    return int(found[1])


async def test_a_dry_run_counts_what_a_run_lets_go_of(town: Town) -> None:
    """The report names each kind with its term; the run is noted with who started it."""
    connection = await asyncpg.connect(town.settings["GATEWAY_DATABASE_URL"])
    await connection.execute(OLD_EVENTS)
    dry = town.must("retention", "run", "--dry-run")
    assert number(dry, "event") == 7
    assert "Nothing was changed." in dry
    assert number(town.must("retention", "run"), "event") == 7
    assert number(town.must("retention", "run", "--dry-run"), "event") == 0
    left = await connection.fetchval("SELECT count(*) FROM inbox WHERE event_id LIKE 'old-%'")
    await connection.close()
    assert left == 0
    acts = [line for line in town.must("audit", "acts").splitlines() if "retention run" in line]
    assert len(acts) == 1
    assert "event 7" in acts[0]


def test_terms_are_changed_within_the_law(town: Town) -> None:
    """Shorter than the law allows is refused; what is changed is listed and noted."""
    assert "5 years" in town.must("retention", "list")
    town.must("retention", "set", "failed_event", "--days", "30")
    assert "30 days" in re.findall(r"failed_event +(\d+ days)", town.must("retention", "list"))
    assert "retention_terms update" in town.must("audit", "acts")
    assert complains(town.command("retention", "set", "appeal", "--days", "30"), "days")
    assert complains(town.command("retention", "set", "moon", "--days", "30"), "kind")
