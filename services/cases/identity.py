"""Two steps of identity: a message becomes an appeal once a provider vouched for the person.

547-ФЗ, in force since 30 March 2025: an electronic appeal under 59-ФЗ counts only if it came
through ЕПГУ or a system that identifies the citizen.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Struct

from services.cases.applying import Entry, Moved, write_events
from services.cases.errors import IdentityRefused, IdentityUnavailable
from services.cases.holding import Held
from services.cases.queries import TOUCH, VERIFY
from services.cases.telling import tell_resident
from services.db.query import Connection
from services.departments.callers import Caller
from services.errors import FieldError, InvalidRequest, TransitionNotAllowed
from services.house import House
from services.ports import Identity, IdentityProvider

PLACE = "identities.personal"
MESSAGE = "message"

Providers = Mapping[str, IdentityProvider]


class IdentityRequest(Struct, frozen=True, kw_only=True):
    """Whose word is given (`provider`), and the `ticket` by which it can be asked."""

    provider: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    ticket: Annotated[str, msgspec.Meta(min_length=1, max_length=8000)]


async def verified(providers: Providers, wish: IdentityRequest) -> Identity:
    """Ask the provider who the ticket belongs to; outside a transaction.

    Raises IdentityUnavailable where this gateway has no such provider, IdentityRefused where it
    does not vouch for anybody.
    """
    provider = providers.get(wish.provider)
    if provider is None:
        raise IdentityUnavailable
    identity = await provider.identify(wish.ticket)
    if identity is None:
        raise IdentityRefused
    if not identity.full_name.strip() or not identity.reply_to.strip():
        words = "An appeal needs the full name and an address for the answer."
        raise InvalidRequest(FieldError("ticket", words))
    return identity


async def attach(
    connection: Connection,
    house: House,
    caller: Caller,
    held: Held,
    provider: str,
    identity: Identity,
) -> Moved:
    """Keep who the resident of a message is, and tell them what they can do now.

    `held` comes from `hold_for`. Raises TransitionNotAllowed for what is no message.
    """
    if held.case.kind != "appeal" or held.case.legal_kind != MESSAGE:
        raise TransitionNotAllowed
    sealed = house.sealer.seal_value(PLACE, held.case.id, identity)
    await VERIFY.run(connection, held.case.id, held.case.operator_id, provider, sealed, house.now())
    text = (
        f"По заявке {held.case.number} ваша личность подтверждена. Если нужен официальный ответ "
        "по закону № 59-ФЗ, откройте заявку и нажмите «Подать как обращение»: заново писать "
        "ничего не придётся."
    )
    deliveries: tuple[UUID, ...] = ()
    if held.case.appeal_system_url is not None:
        deliveries = await tell_resident(connection, house, held, (text,), held.case.state)
    entry = Entry(
        type="identity_verified",
        by=caller.by,
        actor=caller.actor,
        reason=provider,
        delivery_id=deliveries[-1] if deliveries else None,
    )
    await write_events(connection, house, held, entry)
    await TOUCH.run(connection, held.case.id, house.now(), 0)
    return Moved(state=held.case.state, community_id=held.case.community_id, deliveries=deliveries)
