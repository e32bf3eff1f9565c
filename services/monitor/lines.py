"""Clubs and doctors as Prometheus counts them: places, lines, offers and norms, nobody by name."""

from collections import Counter

from msgspec import Struct

from services.db.query import Connection, Query
from services.departments.callers import Caller
from services.doctors.catalogue_queries import CLINICS
from services.doctors.norms import norms
from services.house import House
from services.monitor.clubs import clubs

WHOLE = Caller(key_id="", role="viewer", department_id=None, operator_id=None, holder="")
"""Counts of everything are nobody's own."""
Counts = Counter[tuple[str, str]]


class Lines(Struct, frozen=True, kw_only=True):
    """Counts by two words each.

    `places` by department and what they are, `waiting` by kind and department, `offers` by kind
    and whether their time is over, `norms` by department and whether they are kept.
    """

    places: Counts
    waiting: Counts
    offers: Counts
    norms: Counts


class WaitingRow(Struct, frozen=True):
    """How many wait for a time at the clinics of a department."""

    department: str
    n: int


class OffersRow(Struct, frozen=True):
    """How many offers of a kind stand, and how many of them should be over."""

    kind: str
    standing: int
    overdue: int


WAITING = Query(
    WaitingRow,
    """SELECT d.code AS department, count(*) AS n FROM appointments a
    JOIN clinics c ON c.id = a.clinic_id JOIN departments d ON d.id = c.department_id
    WHERE a.waits GROUP BY d.code""",
)
OFFERS = Query(
    OffersRow,
    """SELECT kind, count(*) AS standing, count(*) FILTER (WHERE until <= $1) AS overdue
    FROM (
        SELECT 'enrolment' AS kind, offer_until AS until FROM enrolments WHERE holds = 'offered'
        UNION ALL
        SELECT 'appointment', offer_until FROM appointments WHERE offer_until IS NOT NULL) AS o
    GROUP BY kind""",
)


async def lines(connection: Connection, house: House) -> Lines:
    """Return what stands in clubs and clinics at this moment."""
    found = Lines(places=Counter(), waiting=Counter(), offers=Counter(), norms=Counter())
    for line in (await clubs(connection, house, WHOLE)).lines:
        row = line.row
        free = row.free if line.against is None else 0
        counts = {"all": row.places, "taken": row.taken, "offered": row.offered, "free": free}
        for what, n in counts.items():
            found.places[row.department, what] += n
        found.waiting["enrolment", row.department] += row.waiting
    for each in await WAITING.all(connection):
        found.waiting["appointment", each.department] = each.n
    for offers in await OFFERS.all(connection, house.now()):
        found.offers[offers.kind, "standing"] = offers.standing
        found.offers[offers.kind, "overdue"] = offers.overdue
    owners = {row.code: row.department for row in await CLINICS.all(connection)}
    for norm in await norms(connection, house, None):
        found.norms[owners[norm.clinic], "yes" if norm.kept else "no"] += 1
    return found
