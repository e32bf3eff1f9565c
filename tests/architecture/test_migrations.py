"""A migration that would stop everybody, or break the code still running, is refused.

The rules are those of deploy/upgrade.md. A table that the same file makes is nobody's yet.
"""

import re

import pytest

from services.db.migrate import read_migrations

BEFORE_FIRST_RELEASE = {
    "0001_house",
    "0002_residents",
    "0003_cases",
    "0004_categories",
    "0005_case_lists",
    "0006_files",
    "0007_pages",
    "0008_hand_off",
    "0009_clubs",
    "0010_doctors",
    "0011_monitor",
    "0012_consents_noted",
    "0013_clinic_systems",
    "0014_operations",
}
"""Nobody runs these on data yet: the first release begins with all of them."""

MADE = re.compile(r"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)", re.IGNORECASE)
INDEX = re.compile(
    r"\bcreate\s+(?:unique\s+)?index\s+(?P<known>if\s+not\s+exists\s+)?\w+\s+on\s+(?P<table>\w+)",
    re.IGNORECASE,
)
ALTER = re.compile(
    r"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(\w+)\s+(.*)", re.IGNORECASE | re.DOTALL
)
FORBIDDEN = (
    (r"\badd\s+(?:column\s+)?(?!constraint)[^,]*\bnot\s+null\b(?![^,]*\bdefault\b)", "no default"),
    (r"\bset\s+not\s+null\b", "reads the whole table under its strongest lock"),
    (r"\b(?:set\s+data\s+)?type\b", "writes the table anew"),
    (r"\brename\b", "old code knows the old name"),
    (r"\bdrop\s+(?:column|constraint)?", "old code may need it"),
    (r"\badd\s+constraint\b(?!.*\bnot\s+valid\b)", "reads the whole table; add it NOT VALID"),
    (
        r"\badd\s+column\b[^,]*\b(?:references|unique|primary\s+key|generated)\b",
        "locks or rewrites",
    ),
)
ANYWHERE = (
    (r"\bdrop\s+(?:table|index|view|function|trigger)\b", "old code may need it"),
    (r"\block\s+table\b", "everybody waits"),
    (r"\b(?:vacuum\s+full|cluster|reindex)\b", "everybody waits"),
    (r"\bset\s+(?:local\s+)?(?:lock|statement)_timeout\b", "`gateway migrate` sets it"),
    (r"\b(?:truncate)\b", "data is gone"),
)


def statements(sql: str) -> list[str]:
    """Return the statements of a file, without comments and bodies of functions."""
    plain = re.sub(r"--[^\n]*", "", sql)
    plain = re.sub(r"(\$\w*\$).*?\1", "''", plain, flags=re.DOTALL)
    return [part.strip() for part in plain.split(";") if part.strip()]


def troubles(sql: str) -> list[str]:
    """Return what is wrong with a migration, a reason for each finding."""
    made = {name.lower() for part in statements(sql) for name in MADE.findall(part)}
    found: list[str] = []
    for part in statements(sql):
        found += [why for rule, why in ANYWHERE if re.search(rule, part, re.IGNORECASE)]
        index, alter = INDEX.search(part), ALTER.search(part)
        if index and index["table"].lower() not in made and not index["known"]:
            found.append("build it CONCURRENTLY beforehand and write IF NOT EXISTS")
        if alter and alter[1].lower() not in made:
            rules = [(re.compile(rule, re.IGNORECASE | re.DOTALL), why) for rule, why in FORBIDDEN]
            found += [why for rule, why in rules if rule.search(alter[2])]
    return found


def test_migrations_stop_nobody() -> None:
    """Every migration after the first release keeps the rules."""
    later = [each for each in read_migrations() if each.name not in BEFORE_FIRST_RELEASE]
    assert {each.name: troubles(each.sql) for each in later if troubles(each.sql)} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX a ON cases (state)",
        "CREATE UNIQUE INDEX a ON cases (state)",
        "ALTER TABLE cases ADD COLUMN a integer NOT NULL",
        "ALTER TABLE cases ADD COLUMN b text, ADD COLUMN a integer NOT NULL, ADD COLUMN c text",
        "ALTER TABLE cases ALTER COLUMN a SET NOT NULL",
        "ALTER TABLE cases ALTER COLUMN a TYPE bigint",
        "ALTER TABLE cases ALTER a SET DATA TYPE bigint",
        "ALTER TABLE cases RENAME COLUMN a TO b",
        "ALTER TABLE cases RENAME TO b",
        "ALTER TABLE cases DROP COLUMN a",
        "ALTER TABLE cases ADD CONSTRAINT c CHECK (a > 0)",
        "ALTER TABLE cases ADD COLUMN a uuid REFERENCES accounts",
        "DROP TABLE cases",
        "DROP INDEX cases_created",
        "LOCK TABLE cases",
        "TRUNCATE cases",
        "SET LOCAL lock_timeout = 0",
    ],
)
def test_what_would_stop_somebody_is_found(sql: str) -> None:
    """Each rule finds what it is for, alone and among harmless statements."""
    assert troubles(sql)
    assert troubles(f"CREATE TABLE other (a integer);\n-- a comment; with a stop\n{sql};")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b integer NOT NULL); CREATE INDEX c ON a (b); ALTER TABLE a DROP b",
        "CREATE INDEX IF NOT EXISTS a ON cases (state)",
        "ALTER TABLE cases ADD COLUMN a integer",
        "ALTER TABLE cases ADD COLUMN a integer NOT NULL DEFAULT 0",
        "ALTER TABLE cases ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DROP TABLE cases $$",
    ],
)
def test_what_stops_nobody_is_left_alone(sql: str) -> None:
    """Additions that take a moment are allowed."""
    assert troubles(sql) == []
