"""An appeal is sent: the answers become a case at the department that the routes lead to."""

from collections.abc import Mapping
from typing import Any

from services.appeals import texts
from services.appeals.emergency import emergency
from services.appeals.form import complained_about, routed, subject
from services.cases.clocks import message_rule
from services.cases.filing import NewCase, file_case
from services.cases.personal import AppealPersonal
from services.cases.phones import normal_phone
from services.db.query import Connection
from services.dialogs.world import Answers, Done, Finish, Visitor, World
from services.files.taking import bind_files
from services.house import House

GRID_LATITUDE = 0.0045  # degrees: 500 m anywhere
GRID_LONGITUDE = 0.0070  # degrees: 500 m at 50° north, where the krai lies


async def send_appeal(
    connection: Connection, house: House, visitor: Visitor, world: World, finish: Finish
) -> Done:
    """File the case in the caller's transaction; return what the resident is told."""
    answers = finish.answers
    avoided = complained_about(world, answers)
    found = routed(world, answers)
    place: Mapping[str, Any] = answers.get("place") or {}
    urgent = _urgent(answers)
    norm = world.snapshot.categories[answers["topic"]]
    filed = await file_case(
        connection,
        house,
        NewCase(
            kind="appeal",
            operator_id=world.operator.id,
            community_id=world.community.id,
            account_id=visitor.account_id,
            department_id=None if found.department is None else found.department.id,
            complained_about=None if avoided is None else avoided.id,
            category=answers["category"],
            topic=answers["topic"],
            municipality=world.community.municipality,
            latitude=_rounded(place.get("latitude"), GRID_LATITUDE),
            longitude=_rounded(place.get("longitude"), GRID_LONGITUDE),
            legal_kind="message",
            identity_level="social",
            subject=subject(world.snapshot.categories, answers),
            urgent=urgent,
            rules_matched=found.rules_matched,
            phone=normal_phone(answers["contact"]),
            clock=message_rule(norm.norm_days, norm.norm_unit),
            personal=_personal(answers, place),
        ),
    )
    await bind_files(connection, visitor.account_id, filed.id, answers.get("photos"))
    due = None if filed.due_at is None else filed.due_at.astimezone(house.zone).date()
    told = texts.accepted(filed.number, filed.department_title, due, urgent=urgent)
    return Done(told, filed.number)


def _personal(answers: Answers, place: Mapping[str, Any]) -> AppealPersonal:
    return AppealPersonal(
        text=answers["text"],
        name=answers["name"],
        contact=answers["contact"],
        address=place.get("address"),
        latitude=place.get("latitude"),
        longitude=place.get("longitude"),
    )


def _urgent(answers: Answers) -> bool:
    place: Mapping[str, Any] = answers.get("place") or {}
    typed = (answers["text"], place.get("address") or "")
    return any(emergency(words) is not None for words in typed)


def _rounded(degrees: float | None, grid: float) -> float | None:
    """Return a coordinate on a grid of 500 m: searchable, but no home address."""
    return None if degrees is None else round(round(degrees / grid) * grid, 4)
