"""A krai's worth of data: all pages, and as many cases as asked for, written by the database.

No words of residents are made: what is personal is empty, as after an erasure.
"""

import asyncpg

PAGES = 1643
FIRST_GROUP = 500_000
DAYS = 60

_PAGES = """
    INSERT INTO communities (group_id, operator_id, title, municipality, token, secret)
    SELECT $2 + n, 1, (ARRAY['Администрация','Школа № ','Поликлиника № ','Детский сад № ',
        'Дом культуры № '])[n % 5 + 1] || ' ' || n || ' (' || (ARRAY['Хабаровск','Комсомольск',
        'Амурск','Николаевск','Вяземский'])[n % 5 + 1] || ')', '08701000', '', ''
    FROM generate_series(1, $1::integer) AS n"""
_STATES = """
    INSERT INTO community_states (community_id, status, troubles, checked_at)
    SELECT id, CASE WHEN id % 97 = 0 THEN 'failed' ELSE 'ok' END,
        CASE WHEN id % 131 = 0 THEN ARRAY['no_right_manage'] ELSE '{}'::text[] END, now()
    FROM communities ON CONFLICT (community_id) DO NOTHING"""
_COUNTS = """
    INSERT INTO community_counts (community_id, day, members)
    SELECT id, (now() AT TIME ZONE 'Asia/Vladivostok')::date - back,
        100 + id % 3000 + (id % 7 - 2) * (20 - back)
    FROM communities, generate_series(0, 20, 5) AS back WHERE id % 11 <> 0
    ON CONFLICT DO NOTHING"""
_SILENCE = """
    INSERT INTO monitor_page_events (community_id, last_event_at)
    SELECT id, now() - make_interval(hours => id % 500) FROM communities
    ON CONFLICT DO NOTHING"""
_CASES = """
    WITH made AS MATERIALIZED (
        SELECT n, gen_random_uuid() AS id,
            date_trunc('second', now() - random() * make_interval(days => $2)) AS at,
            (SELECT array_agg(id ORDER BY id) FROM communities) AS pages,
            (SELECT array_agg(id ORDER BY id) FROM departments) AS departments
        FROM generate_series(1, $1::integer) AS n
    ), shaped AS MATERIALIZED (
        SELECT n, id, at, pages[1 + n * 7 % cardinality(pages)] AS page,
            departments[1 + n % cardinality(departments)] AS department,
            date_trunc('day', at) + interval '12 days 13:59:59' AS due,
            CASE WHEN at < now() - interval '9 days' AND n % 50 <> 0 THEN
                (ARRAY['closed','answered','answered','refused','withdrawn'])[n % 5 + 1]
            ELSE (ARRAY['registered','in_work','needs_info','on_approval','answered',
                'reopened'])[n % 6 + 1] END AS state
        FROM made
    ), filed AS (
        INSERT INTO cases (id, number, kind, state, operator_id, community_id, department_id,
            category, topic, municipality, latitude, longitude, legal_kind, identity_level,
            subject, urgent, due_at, due_rule, due_calendar, final, created_at, updated_at)
        SELECT id, '27-26-' || lpad((n + 1000000)::text, 7, '0') || '-' || n % 10, 'appeal', state,
            1, page, department, 'roads', 'roads.potholes', '08701000',
            48.3 + (n * 37 % 500)::real / 200, 134.9 + (n * 53 % 600)::real / 200, 'message',
            'social', 'Ремонт дорог: ямы на дороге', n % 200 = 0, due,
            'message.10_working', '2026', state IN ('closed', 'refused', 'withdrawn'), at, at
        FROM shaped
    ), assigned AS (
        INSERT INTO assignments (id, case_id, department_id, kind, state, urgent, workable,
            due_at, due_rule, due_calendar, created_at, updated_at)
        SELECT gen_random_uuid(), id, department, 'appeal', state, n % 200 = 0,
            state IN ('registered', 'in_work', 'on_approval', 'reopened'),
            due, 'message.10_working', '2026', at, at
        FROM shaped
    )
    SELECT count(*) FROM shaped"""
_EVENTS = """
    INSERT INTO case_events (id, case_id, type, by, department_id, source, target, at)
    SELECT gen_random_uuid(), id, 'transition', 'department', department_id, 'registered',
        'answered', least(created_at + make_interval(hours => 2 + abs(hashtext(number)) % 200),
        now())
    FROM cases WHERE state IN ('answered', 'closed') AND number > '27-26-1'"""
_RATINGS = """
    UPDATE cases SET rating = 1 + abs(hashtext(number)) % 5, rated_at = updated_at
    WHERE state = 'closed' AND rating IS NULL AND number > '27-26-1'"""
_LOST = """
    INSERT INTO deliveries (id, kind, state, type, department_id, case_id, attempts, next_at,
        error, created_at)
    SELECT gen_random_uuid(), 'hand_off', 'dead', 'case.assigned', department_id, case_id, 10,
        now(), 'http_500', now() FROM assignments ORDER BY created_at DESC LIMIT 5"""


async def fill(address: str, cases: int, pages: int = PAGES) -> None:
    """Fill a database that has departments; takes seconds for each ten thousand cases."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(_PAGES, pages, FIRST_GROUP)
        for statement in (_STATES, _COUNTS, _SILENCE):
            await connection.execute(statement)
        await connection.execute(_CASES, cases, DAYS)
        for statement in (_EVENTS, _RATINGS, _LOST, "ANALYZE"):
            await connection.execute(statement)
    finally:
        await connection.close()
