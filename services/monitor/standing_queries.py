"""SQL of the overview: how many stand where, and what happened. No statement reads cases."""

from datetime import date, datetime

from msgspec import Struct

from services.db.query import Query


class StandingRow(Struct, frozen=True):
    """How many cases (or a department's assignments) have a state and a deadline."""

    department_id: int
    kind: str
    state: str
    due_at: datetime | None
    n: int


class HappenedRow(Struct, frozen=True):
    """How often something happened on a day; `bucket` by its kind, see `monitor_facts`."""

    day: date
    measure: str
    bucket: int
    n: int


class DepartmentFact(Struct, frozen=True):
    """The same of one department over a period."""

    department_id: int
    measure: str
    bucket: int
    n: int


class PageFacts(Struct, frozen=True):
    """How often something happened on one page over a period: each bucket beside its count."""

    community_id: int
    measure: str
    buckets: list[int]
    counts: list[int]


class AreaRow(Struct, frozen=True):
    """How many open cases lie in a square."""

    cell: int
    n: int


# What is folded and what waits to be: the two are one in every snapshot of the database.
_STANDING = """(
        SELECT department_id, operator_id, kind, state, due_at, n FROM monitor_standing
        UNION ALL
        SELECT department_id, operator_id, kind, state, due_at, n FROM monitor_deltas
        WHERE measure = 'standing') AS s"""
# $1: the krai's zone; $2, $3: first and last day. `{folded}` and `{waiting}` say whose facts.
_FACTS = """(
        SELECT day, measure, operator_id, community_id, department_id, bucket, n
        FROM monitor_facts WHERE day BETWEEN $2::date AND $3::date AND {folded}
        UNION ALL
        SELECT (at AT TIME ZONE $1)::date, measure, operator_id, community_id, department_id,
            {bucket}, n
        FROM monitor_deltas
        WHERE measure NOT IN ('standing', 'area') AND {waiting}
            AND (at AT TIME ZONE $1)::date BETWEEN $2::date AND $3::date) AS f"""
_HOUR = """CASE measure WHEN 'filed' THEN extract(hour FROM at AT TIME ZONE $1)::integer
                ELSE bucket END"""
_ALL = _FACTS.format(folded="community_id = 0 AND department_id = 0", waiting="true", bucket=_HOUR)
_PAGES, _DEPARTMENTS = (
    _FACTS.format(folded=f"{column} <> 0", waiting=f"{column} <> 0", bucket="bucket")
    for column in ("community_id", "department_id")
)

# $1: the operator; null: all.
STANDING = Query(
    StandingRow,
    f"""SELECT 0 AS department_id, kind, state, nullif(due_at, 'infinity') AS due_at,
        sum(n)::bigint AS n
    FROM {_STANDING} WHERE department_id = 0 AND ($1::integer IS NULL OR operator_id = $1)
    GROUP BY kind, state, due_at HAVING sum(n) <> 0""",
)
# $1: the only department; null: all.
DEPARTMENT_STANDING = Query(
    StandingRow,
    f"""SELECT department_id, kind, state, nullif(due_at, 'infinity') AS due_at,
        sum(n)::bigint AS n
    FROM {_STANDING} WHERE department_id <> 0 AND ($1::integer IS NULL OR department_id = $1)
    GROUP BY department_id, kind, state, due_at HAVING sum(n) <> 0""",
)
HAPPENED = Query(
    HappenedRow,
    f"""SELECT day, measure, bucket, sum(n)::bigint AS n FROM {_ALL}
    WHERE $4::integer IS NULL OR operator_id = $4
    GROUP BY day, measure, bucket HAVING sum(n) <> 0""",
)
DEPARTMENT_FACTS = Query(
    DepartmentFact,
    f"""SELECT department_id, measure, bucket, sum(n)::bigint AS n FROM {_DEPARTMENTS}
    GROUP BY department_id, measure, bucket HAVING sum(n) <> 0""",
)
# A row a page and measure: a row a bucket would be ten times as many to carry over.
PAGE_FACTS = Query(
    PageFacts,
    f"""SELECT community_id, measure, array_agg(bucket) AS buckets, array_agg(n) AS counts
    FROM (
        SELECT community_id, measure, bucket, sum(n)::bigint AS n FROM {_PAGES}
        WHERE measure IN ('filed', 'answered', 'in_time', 'late', 'rated')
            AND ($4::integer IS NULL OR operator_id = $4)
        GROUP BY community_id, measure, bucket HAVING sum(n) <> 0) AS p
    GROUP BY community_id, measure""",
)
AREAS = Query(
    AreaRow,
    """SELECT cell, sum(n)::bigint AS n FROM (
        SELECT operator_id, cell, n FROM monitor_areas
        UNION ALL
        SELECT operator_id, bucket, n FROM monitor_deltas WHERE measure = 'area') AS a
    WHERE $1::integer IS NULL OR operator_id = $1
    GROUP BY cell HAVING sum(n) > 0 ORDER BY cell""",
)
