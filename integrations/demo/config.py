"""What the demo is told when it starts."""

from msgspec import Struct

from integrations.demo.vk.control import Resident


class DemoCommunity(Struct, frozen=True, kw_only=True):
    """A page of the stand-in: its token for the API, the secret of its callbacks."""

    group_id: int
    token: str
    secret: str
    title: str
    confirmation: str | None = None


class DemoDepartment(Struct, frozen=True, kw_only=True):
    """A department that the reference department acts for, with its API key.

    `webhook_secret` (`whsec_…`) is the one that `PUT /api/v1/webhook` answered.
    """

    code: str
    title: str
    key: str
    webhook_secret: str = ""


class DemoConfig(Struct, frozen=True, kw_only=True):
    """Where the gateway is, and what the stand-in plays; `public_url` is its own address.

    `memory_file` keeps the conversations over a restart; without it they are forgotten.
    """

    gateway_url: str = "http://127.0.0.1:8000"
    public_url: str = "http://127.0.0.1:8010"
    memory_file: str | None = None
    communities: tuple[DemoCommunity, ...] = ()
    departments: tuple[DemoDepartment, ...] = ()
    residents: tuple[Resident, ...] = ()
