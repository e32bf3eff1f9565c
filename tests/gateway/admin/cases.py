"""A resident and cases of his, filed as the chat files them."""

from typing import Any

from gateway.parts import Parts
from services.cases.clocks import message_rule
from services.cases.filing import Filed, NewCase, file_case
from services.cases.personal import AppealPersonal
from services.db.ids import new_id

STORY = "Яма во дворе <script>alert(1)</script>"
NAME = "Иванов <b>Иван</b> \"'"
CONTACT = "+79141234567"


async def file_appeal(parts: Parts, department: str | None = "roads", **more: Any) -> Filed:
    async with parts.pool.acquire() as connection, connection.transaction():
        page = await connection.fetchval(
            """INSERT INTO communities (group_id, operator_id, title, token, secret)
            VALUES (101, 1, 'Хабаровск', '', '')
            ON CONFLICT (channel, group_id) DO UPDATE SET title = excluded.title RETURNING id"""
        )
        account = new_id()
        await connection.execute(
            """INSERT INTO accounts (id, operator_id, channel, user_key, user_sealed)
            VALUES ($1, 1, 'vk', $2, '')""",
            account,
            account.bytes,
        )
        departments = parts.house.directory.snapshot.departments.values()
        given: dict[str, Any] = {
            "kind": "appeal",
            "operator_id": 1,
            "community_id": page,
            "account_id": account,
            "department_id": next((row.id for row in departments if row.code == department), None),
            "subject": "Дороги: ямы",
            "personal": AppealPersonal(text=STORY, name=NAME, contact=CONTACT),
            "legal_kind": "message",
            "identity_level": "social",
            "municipality": "08701000",
            "phone": CONTACT,
            "clock": message_rule(None, None),
        }
        return await file_case(connection, parts.house, NewCase(**(given | more)))
