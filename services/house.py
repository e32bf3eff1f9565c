"""What every service is given besides a connection and its own arguments."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.communities.directory import Directory
from services.ports import Clock, Ledger
from services.privacy.keyring import Keyring
from services.privacy.sealing import Sealer


class House(Struct, frozen=True):
    """The region's settings, the time, the keys and the directory; made once by `gateway`."""

    region: str
    zone: ZoneInfo
    clock: Clock
    keyring: Keyring
    directory: Directory
    public_url: str = ""  # where residents' browsers reach the gateway
    ledger: Ledger | None = None

    @property
    def sealer(self) -> Sealer:
        """What seals and opens personal values."""
        return self.keyring.sealer

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return self.clock.now()
