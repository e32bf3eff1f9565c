"""What clubs and clinics of the demo enter by phone, so that their pages have something to show."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from services.cases.number import luhn_digit

GROUP, CLINIC, DOCTOR = "robots-1", "polyclinic-1", "surgeon-1"
CONSENT = {"version": 1, "given_at": "2026-09-01T10:00:00+10:00"}
CHILDREN = ("Иванов Пётр", "Ким Анна", "Цой Олег", "Александрова-Рождественская Евгения", "Ли Яна")
PATIENTS = ("Иванова Мария Петровна", "Ким Сергей", "Константинопольская Елена", "Цой Артём")


def receive(url: str, keys: dict[str, str], database: str) -> None:
    """Fill a group and its line, a doctor's day and the clinic's line; some did not come."""
    with _client(url, keys["education"]) as club:
        for number, name in enumerate(CHILDREN):
            _post(club, "enrolments", _enrolment(name, number))
    with _client(url, keys["health"]) as registry:
        day = {"practitioner": DOCTOR, "state": "free", "limit": len(PATIENTS)}
        slots = registry.get("slots", params=day).json()["items"]
        made = [
            _post(registry, "appointments", _appointment(name, number, slots[number]["id"]))
            for number, name in enumerate(PATIENTS)
        ]
        wish = {"clinic": CLINIC, "speciality": "хирург", "days": [1, 3], "consent": CONSENT}
        _post(registry, "waiting", wish | {"patient": _patient("Пак Вера", 9)})
        asyncio.run(_begin(database))
        for case in made[:2]:
            path = f"cases/{case['id']}"
            seen = registry.get(path).headers["etag"]
            _post(registry, f"{path}/transitions", {"to": "no_show"}, {"If-Match": seen})


async def _begin(database: str) -> None:
    """Let the appointments of the doctor's first day be today, before now."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=2)
    connection = await asyncpg.connect(database)
    try:
        for table, key in (("appointments", "case_id"), ("slots", "case_id")):
            await connection.execute(
                f"""UPDATE {table} t SET starts_at = $1::timestamptz + n.place * $2::interval,
                    ends_at = $1::timestamptz + (n.place + 1) * $2::interval
                FROM (SELECT s.case_id, row_number() OVER (ORDER BY s.case_id) AS place
                    FROM slots s WHERE s.case_id IS NOT NULL) AS n
                WHERE t.{key} = n.case_id""",
                start,
                timedelta(minutes=20),
            )
    finally:
        await connection.close()


def _client(url: str, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}", "Gateway-Actor": "Regina"}
    return httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=30)


def _post(
    client: httpx.Client, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=headers or {})
    assert answer.is_success, answer.text
    return answer.json()


def _enrolment(name: str, number: int) -> dict[str, Any]:
    child = {"name": name, "birth_date": f"2017-03-{number + 10}"}
    item = {"group": GROUP, "child": child} | ({"priority": "many"} if number > 3 else {})
    guardian = {"name": "Иванова Мария", "phone": f"+7914000000{number}"}
    return {"items": [item], "guardian": guardian, "consent": CONSENT, "if_full": "wait"}


def _patient(name: str, number: int) -> dict[str, str]:
    digits = f"27{number:013d}"
    return {
        "name": name,
        "birth_date": "1986-11-05",
        "policy": digits + luhn_digit(digits),
        "phone": f"+7914111111{number}",
    }


def _appointment(name: str, number: int, slot: str) -> dict[str, Any]:
    return {"slot": slot, "patient": _patient(name, number), "consent": CONSENT}
