"""SQL of departments, categories, routes and webhooks, as admins and departments write them."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from services.db.query import Query


class DepartmentRow(Struct, frozen=True, kw_only=True):
    """A department with what its page of settings shows; `own_…`: its own system, if it has one."""

    id: int
    code: str
    operator_id: int
    operator: str
    title: str
    is_default: bool
    moderation: bool
    four_eyes: bool
    templates: Any
    webhook_url: str | None
    webhook_disabled_at: datetime | None
    own_type: str | None
    own_url: str | None
    own_description: dict[str, Any] | None


class CategoryRow(Struct, frozen=True):
    """A category or topic, its department by code."""

    code: str
    title: str
    parent: str | None
    department: str | None
    ssttu_code: str | None
    norm_days: int | None
    norm_unit: str


class RouteRow(Struct, frozen=True, kw_only=True):
    """A routing rule, its department by code."""

    id: int
    kind: str
    category: str | None
    municipality: str | None
    community: int | None
    words: list[str] | None
    hours: dict[str, Any] | None
    department: str
    operator_id: int


class WebhookRow(Struct, frozen=True):
    """A department's push address; the secrets are sealed."""

    url: str
    secret: bytes
    previous_until: datetime | None
    disabled_at: datetime | None


_DEPARTMENT = """SELECT department.id, department.code, department.operator_id,
        operator.code AS operator, department.title, department.is_default,
        department.moderation, department.four_eyes, department.templates,
        webhook.url AS webhook_url, webhook.disabled_at AS webhook_disabled_at,
        own.type AS own_type, own.url AS own_url, own.description AS own_description
    FROM departments department
    JOIN operators operator ON operator.id = department.operator_id
    LEFT JOIN webhooks webhook ON webhook.department_id = department.id
    LEFT JOIN backends own ON own.department_id = department.id"""

DEPARTMENTS = Query(DepartmentRow, _DEPARTMENT + " ORDER BY department.id")
DEPARTMENT_BY_CODE = Query(DepartmentRow, _DEPARTMENT + " WHERE department.code = $1")
DEPARTMENT_BY_ID = Query(DepartmentRow, _DEPARTMENT + " WHERE department.id = $1")
ADD_DEPARTMENT = Query(
    int,
    """INSERT INTO departments (code, operator_id, title) VALUES ($1, $2, $3)
    ON CONFLICT (code) DO UPDATE SET operator_id = excluded.operator_id, title = excluded.title,
        is_default = departments.is_default
            AND departments.operator_id = excluded.operator_id,
        updated_at = now()
    RETURNING id""",
)
NO_LONGER_DEFAULT = Query(
    type(None),
    """UPDATE departments SET is_default = false, updated_at = now()
    WHERE is_default AND id <> $1
        AND operator_id = (SELECT operator_id FROM departments WHERE id = $1)""",
)
NOW_DEFAULT = Query(
    type(None), "UPDATE departments SET is_default = true, updated_at = now() WHERE id = $1"
)
SET_DEPARTMENT = Query(
    type(None),
    """UPDATE departments SET moderation = $2, four_eyes = $3, templates = $4, updated_at = now()
    WHERE id = $1""",
)

# Each category is followed by its topics, as residents meet them.
CATEGORIES = Query(
    CategoryRow,
    """WITH RECURSIVE tree AS (
        SELECT code, ARRAY[to_char(position, 'FM0000000000') || code] AS place
        FROM categories WHERE parent IS NULL
        UNION ALL
        SELECT below.code, tree.place || (to_char(below.position, 'FM0000000000') || below.code)
        FROM categories below JOIN tree ON tree.code = below.parent
    )
    SELECT category.code, category.title, category.parent, department.code AS department,
        category.ssttu_code, category.norm_days, category.norm_unit
    FROM categories category
    JOIN tree ON tree.code = category.code
    LEFT JOIN departments department ON department.id = category.department_id
    ORDER BY tree.place""",
)
CATEGORY = Query(
    CategoryRow,
    """SELECT category.code, category.title, category.parent, department.code AS department,
        category.ssttu_code, category.norm_days, category.norm_unit
    FROM categories category
    LEFT JOIN departments department ON department.id = category.department_id
    WHERE category.code = $1""",
)
# As residents type it: capitals and ё make no difference.
TITLE_TAKEN = Query(
    bool,
    """SELECT EXISTS (SELECT FROM categories WHERE parent IS NOT DISTINCT FROM $1 AND code <> $2
        AND translate(lower(title), 'ё', 'е') = translate(lower($3), 'ё', 'е'))""",
)
PUT_CATEGORY = Query(
    type(None),
    """INSERT INTO categories (code, title, parent, department_id, ssttu_code, norm_days,
        norm_unit, position)
    VALUES ($1, $2, $3, $4, $5, $6, $7,
        coalesce((SELECT max(position) + 1 FROM categories
            WHERE parent IS NOT DISTINCT FROM $3), 1))
    ON CONFLICT (code) DO UPDATE SET title = excluded.title, parent = excluded.parent,
        department_id = excluded.department_id, ssttu_code = excluded.ssttu_code,
        norm_days = excluded.norm_days, norm_unit = excluded.norm_unit, updated_at = now()""",
)

ROUTES = Query(
    RouteRow,
    """SELECT route.id, route.kind, route.category, route.municipality, route.community,
        route.words, route.hours, department.code AS department, department.operator_id
    FROM routes route JOIN departments department ON department.id = route.department_id
    ORDER BY route.position, route.id""",
)
LOCK_ROUTES = Query(type(None), "LOCK TABLE routes IN SHARE ROW EXCLUSIVE MODE")
DELETE_ROUTES = Query(
    type(None),
    """DELETE FROM routes route USING departments department
    WHERE department.id = route.department_id
        AND ($1::integer IS NULL OR department.operator_id = $1)""",
)
INSERT_ROUTE = Query(
    type(None),
    """INSERT INTO routes (position, kind, category, municipality, community, words, hours,
        department_id)
    SELECT coalesce(max(position), 0) + 1, $1::text, $2::text, $3::text, $4::bigint, $5::text[],
        $6::jsonb, $7::integer
    FROM routes""",
)
UPDATE_ROUTE = Query(type(None), "UPDATE routes SET department_id = $2 WHERE id = $1")

WEBHOOK = Query(
    WebhookRow,
    """SELECT url, secret, previous_until, disabled_at FROM webhooks
    WHERE department_id = $1 FOR UPDATE""",
)
PUT_WEBHOOK = Query(
    type(None),
    """INSERT INTO webhooks (department_id, url, secret, previous_secret, previous_until)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (department_id) DO UPDATE SET url = excluded.url, secret = excluded.secret,
        previous_secret = excluded.previous_secret, previous_until = excluded.previous_until,
        disabled_at = NULL, updated_at = now()""",
)
DELETE_WEBHOOK = Query(type(None), "DELETE FROM webhooks WHERE department_id = $1")
