"""What is let go of when its term is over: for each kind of `retention_terms` which rows, and how.

`$1` is the moment before which a term is over, `$2` how many rows are taken at once.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from services.db.query import Query


class Rule(Struct, frozen=True):
    """`due` counts; `act` lets go and counts, or, where it is `erasing`, finds cases to erase."""

    due: Query[int]
    act: Query[Any]
    erasing: bool = False


_COUNT = "SELECT count(*) FROM ({due}) AS due"
_DELETE = """WITH gone AS (DELETE FROM {table} WHERE {key} = ANY (ARRAY({due})) RETURNING true)
    SELECT count(*) FROM gone"""
_UPDATE = """WITH gone AS (
        UPDATE {table} SET {change} WHERE {key} = ANY (ARRAY({due})) RETURNING true)
    SELECT count(*) FROM gone"""


def _special(due: str, act: str) -> Rule:
    return Rule(Query(int, _COUNT.format(due=due)), Query(int, act.format(due=due)))


def _deleting(table: str, due: str, key: str = "id") -> Rule:
    return _special(due, _DELETE.format(table=table, key=key, due="{due}"))


def _changing(table: str, due: str, change: str) -> Rule:
    return _special(due, _UPDATE.format(table=table, key="id", change=change, due="{due}"))


def _erasing(due: str) -> Rule:
    return Rule(Query(int, _COUNT.format(due=due)), Query(UUID, due), erasing=True)


_OVER = """SELECT id FROM cases WHERE kind = '{kind}' AND final AND personal IS NOT NULL
    AND updated_at <= $1 ORDER BY updated_at LIMIT $2"""
_ASKED = """SELECT c.id FROM accounts a JOIN cases c ON c.account_id = a.id
    WHERE a.erase_asked_at <= $1 AND c.created_at <= a.erase_asked_at
        AND c.final AND c.personal IS NOT NULL LIMIT $2"""
_ERASED = """SELECT id FROM cases WHERE erased_at <= $1 AND account_id IS NOT NULL LIMIT $2"""
_UNLINK = """WITH gone AS (
        UPDATE cases SET account_id = NULL WHERE id = ANY (ARRAY({due})) RETURNING id
    ), unsaid AS (
        UPDATE deliveries SET account_id = NULL
        WHERE case_id IN (SELECT id FROM gone) AND state NOT IN ('waiting', 'leased')
    )
    SELECT count(*) FROM gone"""
_WITHDRAWN = """SELECT w.id FROM consents w WHERE w.action = 'withdrawn' AND w.at <= $1
        AND NOT EXISTS (SELECT FROM consents l WHERE l.account_id = w.account_id
            AND l.document_id = w.document_id AND (l.at, l.id) > (w.at, w.id))
    LIMIT $2"""
# All rows of a document at once: what is left of it would look like a consent in force.
_DROP_CONSENTS = """WITH gone AS (
        DELETE FROM consents c USING consents w
        WHERE w.id = ANY (ARRAY({due})) AND c.account_id = w.account_id
            AND c.document_id = w.document_id RETURNING w.id
    )
    SELECT count(DISTINCT id) FROM gone"""
_EMPTY_ACCOUNTS = """SELECT a.id FROM accounts a WHERE a.created_at <= $1
        AND NOT EXISTS (SELECT FROM consents c WHERE c.account_id = a.id)
        AND NOT EXISTS (SELECT FROM cases c WHERE c.account_id = a.id)
        AND NOT EXISTS (SELECT FROM files f WHERE f.account_id = a.id)
        AND NOT EXISTS (SELECT FROM dialogs d WHERE d.account_id = a.id AND d.updated_at > $1)
    LIMIT $2"""
_DROP_ACCOUNTS = """WITH due AS MATERIALIZED ({due}), silent AS (
        DELETE FROM dialogs WHERE account_id IN (SELECT id FROM due)
    ), unsaid AS (
        DELETE FROM deliveries WHERE account_id IN (SELECT id FROM due)
    ), nameless AS (
        DELETE FROM children WHERE account_id IN (SELECT id FROM due)
    ), gone AS (
        DELETE FROM accounts WHERE id IN (SELECT id FROM due) RETURNING true
    )
    SELECT count(*) FROM gone"""
_DROP_FAILED = """WITH tries AS (DELETE FROM inbox_failures WHERE at <= $1), gone AS (
        DELETE FROM inbox WHERE ctid = ANY (ARRAY({due})) RETURNING true
    )
    SELECT count(*) FROM gone"""
_DRAFT_FILES = """SELECT id FROM files WHERE case_id IS NULL AND state NOT IN ('dropped', 'gone')
    AND created_at <= $1 AND NOT EXISTS (SELECT FROM dialogs d WHERE d.id = files.dialog_id
        AND d.drafted_until IS NOT NULL) LIMIT $2"""

RULES: Mapping[str, Rule] = {
    "appeal": _erasing(_OVER.format(kind="appeal")),
    "enrolment": _erasing(_OVER.format(kind="enrolment")),
    "appointment": _erasing(_OVER.format(kind="appointment")),
    "erasure": _erasing(_ASKED),
    "erased_case": _special(_ERASED, _UNLINK),
    "consent": _special(_WITHDRAWN, _DROP_CONSENTS),
    "child": _deleting("children", "SELECT id FROM children WHERE used_at <= $1 LIMIT $2"),
    "draft": _changing(
        "dialogs",
        "SELECT id FROM dialogs WHERE drafted_until <= $1 LIMIT $2",
        "personal = NULL, drafted_until = NULL, revision = revision + 1",
    ),
    # Without `personal` the content cannot be read any more, whoever has it.
    "draft_file": _changing(
        "files", _DRAFT_FILES, "state = 'dropped', personal = NULL, leased_until = NULL"
    ),
    "file": _deleting(
        "files", "SELECT id FROM files WHERE state = 'gone' AND created_at <= $1 LIMIT $2"
    ),
    "data_link": _deleting(
        "data_links", "SELECT hash FROM data_links WHERE until <= $1 LIMIT $2", "hash"
    ),
    "account": _special(_EMPTY_ACCOUNTS, _DROP_ACCOUNTS),
    "event": _deleting(
        "inbox", "SELECT ctid FROM inbox WHERE at <= $1 AND failed IS NULL LIMIT $2", "ctid"
    ),
    "failed_event": _special(
        "SELECT ctid FROM inbox WHERE at <= $1 AND failed IS NOT NULL LIMIT $2", _DROP_FAILED
    ),
    "delivery": _deleting(
        "deliveries",
        """SELECT id FROM deliveries WHERE kind = 'message' AND case_id IS NULL
            AND state IN ('sent', 'expired') AND created_at <= $1 LIMIT $2""",
    ),
    "dead_delivery": _changing(
        "deliveries",
        """SELECT id FROM deliveries WHERE kind = 'message' AND state = 'dead'
            AND created_at <= $1 LIMIT $2""",
        "personal = NULL, state = 'expired'",
    ),
}
"""In the order in which they are let go of: accounts after what hangs on them."""
