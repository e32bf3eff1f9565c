"""A case as a caller sees it: in brief, masked, or opened."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from schemas.cases import (
    Applicant,
    Assignment,
    Attachment,
    Case,
    Details,
    Guardian,
    Patient,
    Person,
    Point,
)
from services.cases.personal import (
    CASE_PLACE,
    AppealPersonal,
    AppointmentPersonal,
    EnrolmentPersonal,
)
from services.cases.view_queries import (
    AppointmentPart,
    AssignmentRow,
    CaseRow,
    EnrolmentPart,
)
from services.departments.callers import Caller
from services.house import House

Depth = Literal["brief", "masked", "open"]
"""`brief`: nothing personal (lists, answers to POST); `masked`: that there is something."""

HIDDEN = "***"


def show(
    house: House,
    caller: Caller,
    row: CaseRow,
    depth: Depth = "brief",
    files: tuple[Attachment, ...] = (),
) -> Case:
    """Return the case; for a department `state` and `version` are its own assignment's.

    Times are in the krai's zone; `files` are left out in brief. Raises Unreadable where the
    sealed value does not open.
    """
    own = own_assignment(caller, row)
    return Case(
        id=row.id,
        number=row.number,
        kind=row.kind,
        state=row.state if own is None else own.state,
        version=row.version if own is None else own.version,
        operator=row.operator,
        community=row.community,
        department=row.department,
        assignments=tuple(_assignment(house, each) for each in row.assignments),
        created_at=row.created_at.astimezone(house.zone),
        updated_at=row.updated_at.astimezone(house.zone),
        due_at=_local(house, row.due_at),
        subject=row.subject,
        urgent=row.urgent,
        reach=row.reach,
        tags=row.tags,
        details=_details(house, row, depth, files),
    )


def own_assignment(caller: Caller, row: CaseRow) -> AssignmentRow | None:
    """Return the assignment of the caller's department, or None for other callers."""
    if caller.role != "department":
        return None
    return next(each for each in row.assignments if each.department_id == caller.department_id)


def mask(name: str) -> str:
    """Return the first letter of a name, and that there is more: `И***`."""
    return f"{name.strip()[:1]}{HIDDEN}"


def _details(house: House, row: CaseRow, depth: Depth, files: tuple[Attachment, ...]) -> Details:
    masked = depth == "masked"
    if row.enrolment is not None:
        return _enrolment(house, row, row.enrolment, depth)
    if row.appointment is not None:
        return _appointment(house, row, row.appointment, depth)
    personal = None
    if depth != "brief" and row.personal is not None and row.kind == "appeal":
        personal = house.sealer.open_value(CASE_PLACE, row.id, row.personal, AppealPersonal)
    return Details(
        category=row.category,
        topic=row.topic,
        text=UNSET if personal is None else _hidden(personal.text, masked=masked),
        address=_address(personal, masked=masked),
        location=_location(row, personal, masked=masked),
        applicant=_applicant(personal, masked=masked),
        complained_about=row.complained_about or UNSET,
        legal_kind=row.legal_kind,
        identity_level=row.identity_level,
        from_case=row.from_case or UNSET,
        attachments=UNSET if depth == "brief" else files,
        rating=UNSET if row.rating is None else row.rating,
    )


def _enrolment(house: House, row: CaseRow, part: EnrolmentPart, depth: Depth) -> Details:
    until = part.offer_until
    details = Details(
        programme=part.programme,
        group=part.group,
        bundle=part.bundle or UNSET,
        place=part.place or UNSET,
        offer_until=UNSET if until is None else until.astimezone(house.zone),
        reason=part.reason or UNSET,
    )
    if depth == "brief" or row.personal is None:
        return details
    known = house.sealer.open_value(CASE_PLACE, row.id, row.personal, EnrolmentPersonal)
    if depth == "masked":
        return replace(
            details,
            child=Person(mask(known.child_name), HIDDEN),
            guardian=Guardian(mask(known.guardian_name), HIDDEN),
            certificate=HIDDEN if known.certificate else UNSET,
            conditions=HIDDEN if known.conditions else UNSET,
        )
    return replace(
        details,
        child=Person(known.child_name, known.child_birth_date.isoformat()),
        guardian=Guardian(known.guardian_name, known.guardian_phone),
        certificate=known.certificate or UNSET,
        conditions=known.conditions or UNSET,
    )


def _appointment(house: House, row: CaseRow, part: AppointmentPart, depth: Depth) -> Details:
    details = Details(
        clinic=part.clinic,
        practitioner=part.practitioner or UNSET,
        speciality=part.speciality,
        slot=part.slot or UNSET,
        starts_at=_local(house, part.starts_at) or UNSET,
        ends_at=_local(house, part.ends_at) or UNSET,
        place=part.place or UNSET,
        offer_until=_local(house, part.offer_until) or UNSET,
    )
    if depth == "brief" or row.personal is None:
        return details
    known = house.sealer.open_value(CASE_PLACE, row.id, row.personal, AppointmentPersonal)
    if depth == "masked":
        patient = Patient(name=mask(known.name), birth_date=HIDDEN, policy=HIDDEN)
        return replace(details, patient=patient, referral=HIDDEN if known.referral else UNSET)
    patient = Patient(
        name=known.name,
        birth_date=known.birth_date.isoformat(),
        policy=known.policy,
        phone=known.phone or UNSET,
    )
    return replace(details, patient=patient, referral=known.referral or UNSET)


def _hidden(words: str, *, masked: bool) -> str:
    return HIDDEN if masked else words


def _address(personal: AppealPersonal | None, *, masked: bool) -> str | UnsetType:
    if personal is None or not personal.address:
        return UNSET
    return _hidden(personal.address, masked=masked)


def _applicant(personal: AppealPersonal | None, *, masked: bool) -> Applicant | UnsetType:
    if personal is None:
        return UNSET
    if masked:
        return Applicant(mask(personal.name), HIDDEN)
    return Applicant(personal.name, personal.contact)


def _location(row: CaseRow, personal: AppealPersonal | None, *, masked: bool) -> Point | UnsetType:
    """Return the exact point where all is shown, else the rounded one."""
    if personal is not None and not masked and personal.latitude is not None:
        return Point(personal.latitude, personal.longitude or 0.0)
    if row.latitude is None or row.longitude is None:
        return UNSET
    return Point(row.latitude, row.longitude)


def _assignment(house: House, row: AssignmentRow) -> Assignment:
    return Assignment(
        id=row.id,
        department=row.department,
        state=row.state,
        version=row.version,
        due_at=_local(house, row.due_at),
        delivery=row.delivery,
    )


def _local(house: House, moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(house.zone)
