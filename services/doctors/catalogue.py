"""Clinics and practitioners, as clinics publish them and everybody reads them."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Struct

from services.db.query import Connection
from services.departments.callers import Caller
from services.departments.ownership import check_owner, publisher
from services.doctors.catalogue_queries import (
    CLINIC,
    CLINICS,
    PRACTITIONER,
    PRACTITIONERS,
    PRACTITIONERS_NAMED,
    PUT_CLINIC,
    PUT_PRACTITIONER,
    ClinicRow,
    PractitionerRow,
)
from services.doctors.errors import DecidedThere
from services.errors import FieldError, InvalidRequest
from services.intake import Code, Municipality, Title

_Line = Annotated[str, msgspec.Meta(max_length=300)]


class ClinicBody(Struct, frozen=True, kw_only=True):
    """A clinic as it is put; an admin names the `department` that it belongs to."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    address: _Line = ""
    phone: _Line = ""
    municipality: Municipality | None = None
    cancel_until_minutes: Annotated[int, msgspec.Meta(ge=0, le=43_200)] = 60
    hold_seconds: Annotated[int, msgspec.Meta(ge=30, le=3600)] = 300
    offer_minutes: Annotated[int, msgspec.Meta(ge=5, le=10_080)] = 120
    no_show_limit: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    active: bool = True
    department: Code | None = None


class ClinicShown(Struct, frozen=True, kw_only=True):
    """A clinic as it is shown."""

    code: str
    department: str
    title: str
    address: str
    phone: str
    municipality: str | None
    cancel_until_minutes: int
    hold_seconds: int
    offer_minutes: int
    no_show_limit: int | None
    active: bool


class PractitionerBody(Struct, frozen=True, kw_only=True):
    """A practitioner as it is put; `speciality` is the Russian word that residents read."""

    clinic: Code
    name: Title
    speciality: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    room: Annotated[str, msgspec.Meta(max_length=40)] = ""
    needs_referral: bool = False
    active: bool = True


class PractitionerShown(Struct, frozen=True, kw_only=True):
    """A practitioner as it is shown."""

    code: str
    clinic: str
    name: str
    speciality: str
    room: str
    needs_referral: bool
    active: bool


async def list_clinics(connection: Connection) -> list[ClinicShown]:
    """Return all clinics by title."""
    return [_clinic(row) for row in await CLINICS.all(connection)]


async def may_write_clinic(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner or Forbidden where somebody else published it."""
    known = await CLINIC.maybe(connection, code)
    if known is not None:
        check_owner(caller, known.department_id, known.operator_id)


async def put_clinic(
    connection: Connection, caller: Caller | None, code: str, body: ClinicBody
) -> ClinicShown:
    """Add a clinic or replace it; `caller` is None for an import.

    Raises InvalidRequest, Forbidden.
    """
    known = await CLINIC.maybe(connection, code)
    department_id = known.department_id if known is not None else None
    if department_id is None:
        department_id = await publisher(connection, caller, body.department)
    await PUT_CLINIC.run(
        connection,
        code,
        department_id,
        body.title,
        body.address,
        body.phone,
        body.municipality,
        body.cancel_until_minutes,
        body.hold_seconds,
        body.offer_minutes,
        body.no_show_limit,
        body.active,
    )
    return _clinic(await CLINIC.one(connection, code))


async def list_practitioners(connection: Connection, clinic: str | None) -> list[PractitionerShown]:
    """Return the practitioners of a clinic, or of all, by speciality and name."""
    return [_practitioner(row) for row in await PRACTITIONERS.all(connection, clinic)]


async def may_write_practitioner(connection: Connection, caller: Caller, code: str) -> None:
    """Raise NotOwner or Forbidden where the practitioner belongs to somebody else's clinic."""
    known = await PRACTITIONER.maybe(connection, code)
    if known is not None:
        check_owner(caller, known.department_id, known.operator_id)


async def put_practitioner(
    connection: Connection, caller: Caller | None, code: str, body: PractitionerBody
) -> PractitionerShown:
    """Add a practitioner or replace it; raises InvalidRequest, Forbidden."""
    clinic = await CLINIC.maybe(connection, body.clinic)
    if clinic is None:
        raise InvalidRequest(FieldError("clinic", "There is no such clinic."))
    if caller is not None:
        check_owner(caller, clinic.department_id, clinic.operator_id)
    await PUT_PRACTITIONER.run(
        connection,
        code,
        clinic.id,
        body.name,
        body.speciality.lower(),
        body.room,
        body.needs_referral,
        body.active,
    )
    return _practitioner(await PRACTITIONER.one(connection, code))


async def may_write_slots(connection: Connection, caller: Caller, codes: Iterable[str]) -> set[str]:
    """Return those of the codes that are known.

    One look for all of them, however many slots name them. Raises NotOwner or Forbidden for
    somebody else's, DecidedThere where the clinic's own system is the master of the slots.
    """
    rows = await PRACTITIONERS_NAMED.all(connection, sorted(set(codes)))
    for row in rows:
        check_owner(caller, row.department_id, row.operator_id)
    if any(row.decided_there for row in rows):
        raise DecidedThere
    return {row.code for row in rows}


def _clinic(row: ClinicRow) -> ClinicShown:
    return ClinicShown(
        code=row.code,
        department=row.department,
        title=row.title,
        address=row.address,
        phone=row.phone,
        municipality=row.municipality,
        cancel_until_minutes=row.cancel_until_minutes,
        hold_seconds=row.hold_seconds,
        offer_minutes=row.offer_minutes,
        no_show_limit=row.no_show_limit,
        active=row.active,
    )


def _practitioner(row: PractitionerRow) -> PractitionerShown:
    return PractitionerShown(
        code=row.code,
        clinic=row.clinic,
        name=row.name,
        speciality=row.speciality,
        room=row.room,
        needs_referral=row.needs_referral,
        active=row.active,
    )
