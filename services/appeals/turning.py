"""A message becomes an appeal under 59-ФЗ: a new case, received now, its words copied."""

from uuid import UUID

from services.cases.applying import Entry, write_events
from services.cases.errors import IdentityRequired
from services.cases.filing import Filed, NewCase, file_case
from services.cases.holding import hold
from services.cases.identity import MESSAGE, PLACE
from services.cases.personal import CASE_PLACE, AppealPersonal
from services.cases.phones import normal_phone
from services.cases.queries import COPIED, Copied
from services.db.query import Connection
from services.departments.routing import Unrouted, route
from services.errors import TransitionNotAllowed
from services.house import House
from services.ports import Identity


async def turn_into_appeal(connection: Connection, house: House, case_id: UUID) -> Filed:
    """File the appeal that a message becomes; the message stays as it is.

    The caller makes sure that the case is this resident's. The full name and the address of the
    answer are those that the provider vouched for.

    Raises:
        NotFound: there is no such case.
        IdentityRequired: nobody vouched for the resident.
        TransitionNotAllowed: it is no message, its words are erased, the operator has no system
            for appeals, or it became an appeal before.
    """
    held = await hold(connection, case_id)
    row = await COPIED.one(connection, case_id)
    if (
        held.case.kind != "appeal"
        or held.case.legal_kind != MESSAGE
        or held.case.appeal_system_url is None
        or row.personal is None
        or row.turned
    ):
        raise TransitionNotAllowed
    if row.identity is None:
        raise IdentityRequired
    identity = house.sealer.open_value(PLACE, case_id, row.identity, Identity)
    words = house.sealer.open_value(CASE_PLACE, case_id, row.personal, AppealPersonal)
    found = route(house.directory.snapshot, _unrouted(house, held.case.operator_id, row))
    filed = await file_case(
        connection,
        house,
        NewCase(
            kind="appeal",
            operator_id=held.case.operator_id,
            community_id=held.case.community_id,
            account_id=held.case.account_id,
            department_id=None if found.department is None else found.department.id,
            complained_about=held.case.complained_about,
            category=row.category,
            topic=row.topic,
            municipality=row.municipality,
            latitude=row.latitude,
            longitude=row.longitude,
            legal_kind="appeal_59fz",
            identity_level="verified",
            subject=row.subject,
            urgent=row.urgent,
            rules_matched=tuple(row.rules_matched),
            phone=normal_phone(words.contact),
            personal=_personal(words, identity),
            from_case=case_id,
        ),
    )
    await write_events(connection, house, held, Entry(type="became_appeal", by="resident"))
    return filed


def _unrouted(house: House, operator_id: int, row: Copied) -> Unrouted:
    """Return what the routes are asked: the text is not looked at again."""
    return Unrouted(
        kind="appeal",
        operator_id=operator_id,
        moment=house.now().astimezone(house.zone),
        category=row.category,
        topic=row.topic,
        municipality=row.municipality,
        community=row.community,
        rules_matched=row.rules_matched,
        skip_department_id=row.complained_about,
    )


def _personal(words: AppealPersonal, identity: Identity) -> AppealPersonal:
    return AppealPersonal(
        text=words.text,
        name=identity.full_name,
        contact=identity.reply_to,
        address=words.address,
        latitude=words.latitude,
        longitude=words.longitude,
    )
