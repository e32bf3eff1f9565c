"""The settings: `GATEWAY_…` in the environment, or in the file `.env` of the current folder."""

import base64
import ipaddress
import os
import re
import zoneinfo
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import SplitResult, parse_qsl, urlsplit

import dotenv
import msgspec
from msgspec import Struct

from gateway.kept import keep
from services.errors import ServiceError

KEY_BYTES = 32
LAST_PORT = 65535
LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
VK_API_URL = "https://api.vk.ru/method/"
VK_FILE_HOSTS = ("*.userapi.com", "*.vk.com", "*.vk.ru")
HTTPS_NEEDED = (
    "GATEWAY_PUBLIC_URL must be an https address in production, unless every community is long_poll"
)
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*")

Mode = Literal["local", "production"]
Network = IPv4Network | IPv6Network
Value = TypeVar("Value")


class SettingsError(ServiceError):
    """Settings are bad or missing; the message names every one of them."""

    code = "settings"

    def __init__(self, *problems: str) -> None:
        """Take one clause for each bad setting, each beginning with its name."""
        self.problems = problems
        super().__init__(f"Bad settings: {'; '.join(problems)}.")


class Settings(Struct, frozen=True, kw_only=True):
    """What the gateway was told, checked.

    `database_url` and `redis_url` are None where the embedded servers are meant; `public_url` has
    no slash at its end and `vk_api_url` has one; `secret_keys` are 32 bytes each, newest first;
    `vk_file_hosts` are host names, `*.` before one stands for any number of labels.
    """

    mode: Mode
    database_url: str | None
    redis_url: str | None
    vk_api_url: str
    vk_file_hosts: tuple[str, ...]
    public_url: str
    host: str
    port: int
    demo_port: int
    data_dir: Path
    secret_keys: tuple[bytes, ...]
    outbound_allow: tuple[Network, ...]
    region: str
    timezone: zoneinfo.ZoneInfo

    def __repr__(self) -> str:
        """Tell the mode alone: the rest holds secrets."""
        return f"Settings(mode={self.mode!r}, …)"


def load(environ: Mapping[str, str], env_file: Path = Path(".env")) -> Settings:
    """Read and check all settings; what `environ` has wins over the file, an empty value is none.

    In `local` mode the secret keys are made at the first start and kept in the data folder.
    Raises SettingsError, which names every bad or missing setting.
    """
    reader = _Reader(environ, env_file)
    mode = cast("Mode", reader.take("MODE", _one_of("local", "production"), "local"))
    settings = _read(reader, mode)
    named = {problem.split()[0] for problem in reader.problems}
    found = _missing(settings) if mode == "production" else _not_local(settings)
    reader.problems += [problem for problem in found if problem.split()[0] not in named]
    if reader.problems:
        unsafe = mode == "production" and not settings.public_url.startswith("https://")
        raise SettingsError(*reader.problems, *[HTTPS_NEEDED] * unsafe)
    if not settings.secret_keys:
        return msgspec.structs.replace(settings, secret_keys=_kept_keys(settings.data_dir))
    return settings


def check_public_url(settings: Settings, *, callbacks: bool) -> None:
    """Raise SettingsError in production when VK is to call a public address that is not https.

    `callbacks` says whether any community takes its events by callback; the database knows.
    """
    insecure = not settings.public_url.startswith("https://")
    if settings.mode == "production" and callbacks and insecure:
        raise SettingsError(HTTPS_NEEDED)


class _Reader:
    """Takes settings by name and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str], env_file: Path) -> None:
        self.problems: list[str] = []
        self.values: dict[str, str] = {}
        try:
            if env_file.is_file():
                found = dotenv.dotenv_values(env_file, interpolate=False)
                self.values |= {name: value for name, value in found.items() if value is not None}
        except (OSError, UnicodeDecodeError):
            self.problems.append(f"{env_file} cannot be read")
        self.values |= environ

    def take(self, name: str, parse: Callable[[str], Value], default: Value) -> Value:
        """Return the setting `GATEWAY_name`; `parse` says in a ValueError what it must be."""
        text = self.values.get(f"GATEWAY_{name}", "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"GATEWAY_{name} must be {error}")
            return default


def _read(reader: _Reader, mode: Mode) -> Settings:
    local = mode == "local"
    port = reader.take("PORT", _port, 8000)
    vk_api_url = reader.take("VK_API_URL", _address("http", "https"), VK_API_URL).rstrip("/") + "/"
    file_hosts = reader.take("VK_FILE_HOSTS", _hosts, VK_FILE_HOSTS)
    public_url = f"http://127.0.0.1:{port}"
    return Settings(
        mode=mode,
        database_url=reader.take("DATABASE_URL", _address("postgresql", "postgres"), None),
        redis_url=reader.take("REDIS_URL", _address("redis", "rediss", "unix"), None),
        vk_api_url=vk_api_url,
        vk_file_hosts=(*file_hosts, urlsplit(vk_api_url).hostname or ""),
        public_url=reader.take("PUBLIC_URL", _address("http", "https"), public_url).rstrip("/"),
        host=reader.take("HOST", str, "127.0.0.1"),
        port=port,
        demo_port=reader.take("DEMO_PORT", _port, 8010),
        data_dir=reader.take("DATA_DIR", Path, Path("var")).expanduser().resolve(),
        secret_keys=reader.take("SECRET_KEYS", _keys, ()),
        outbound_allow=reader.take("OUTBOUND_ALLOW", _networks, LOOPBACK if local else ()),
        region=reader.take("REGION", _region, "27"),
        timezone=reader.take("TIMEZONE", _timezone, zoneinfo.ZoneInfo("Asia/Vladivostok")),
    )


def _missing(settings: Settings) -> list[str]:
    needed = {
        "GATEWAY_DATABASE_URL": settings.database_url,
        "GATEWAY_REDIS_URL": settings.redis_url,
        "GATEWAY_SECRET_KEYS": settings.secret_keys,
    }
    return [f"{name} must be set in production" for name, value in needed.items() if not value]


def _not_local(settings: Settings) -> list[str]:
    problems: list[str] = []
    if not _is_loopback(settings.host):
        problems.append("GATEWAY_HOST must be a loopback address while GATEWAY_MODE is local")
    if settings.port == settings.demo_port:
        problems.append("GATEWAY_DEMO_PORT must differ from GATEWAY_PORT")
    return problems


def _kept_keys(data_dir: Path) -> tuple[bytes, ...]:
    path = data_dir / "secret-keys"
    try:
        return _keys(keep(path, lambda: base64.b64encode(os.urandom(KEY_BYTES)).decode()))
    except OSError:
        message = f"GATEWAY_DATA_DIR must be a folder of yours: {path} cannot be read or made"
        raise SettingsError(message) from None
    except ValueError as error:
        raise SettingsError(f"{path} must hold {error}") from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _one_of(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(" or ".join(values))
        return text

    return parse


def _address(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        wanted = f"an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
        try:
            parts = urlsplit(text)
            _ = parts.port  # raises ValueError when it is no number
            for name, value in parse_qsl(parts.query):
                _ = [_port(port) for port in value.split(",") if name == "port"]
        except ValueError:
            raise ValueError(wanted) from None  # the original error repeats the address
        if parts.scheme not in schemes or not _names_host(parts):
            raise ValueError(wanted)
        return text

    return parse


def _names_host(parts: SplitResult) -> bool:
    if parts.scheme == "unix":
        return parts.path.startswith("/")
    return bool(parts.hostname) or (parts.scheme.startswith("postgres") and "host=" in parts.query)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LAST_PORT):
        raise ValueError(f"a port from 1 to {LAST_PORT}")
    return int(text)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host.lower() for host in _list(text))
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("host names separated by commas, such as *.userapi.com")
    return hosts


def _keys(text: str) -> tuple[bytes, ...]:
    wanted = f"keys of {KEY_BYTES} bytes in base64, newest first, separated by commas"
    try:
        standard = text.translate(str.maketrans("-_", "+/"))
        keys = tuple(base64.b64decode(key, validate=True) for key in _list(standard))
    except ValueError:
        raise ValueError(wanted) from None
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(wanted)
    return keys


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(network) for network in _list(text))
    except ValueError:
        raise ValueError("networks separated by commas, such as 10.20.0.0/16") from None


def _region(text: str) -> str:
    if not re.fullmatch(r"[0-9]{2}", text):
        raise ValueError("the two digits of a region, such as 27")
    return text


def _timezone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError("a time zone, such as Asia/Vladivostok") from None
