"""Settings are read, checked and complained about as a whole."""

import base64
import stat
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.settings import SettingsError, check_public_url, load

KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "GATEWAY_MODE": "production",
    "GATEWAY_DATABASE_URL": "postgresql://gateway:secret@db.example/gateway",
    "GATEWAY_REDIS_URL": "rediss://:secret@queue.example/0",
    "GATEWAY_SECRET_KEYS": KEY,
    "GATEWAY_PUBLIC_URL": "https://gateway.example/",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_need_be_set(folder: Path) -> None:
    """Without any setting the gateway runs locally, with the defaults that are promised."""
    settings = load({})
    assert settings.mode == "local"
    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.vk_api_url == "https://api.vk.ru/method/"
    assert settings.vk_file_hosts == ("*.userapi.com", "*.vk.com", "*.vk.ru", "api.vk.ru")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.host, settings.port, settings.demo_port) == ("127.0.0.1", 8000, 8010)
    assert settings.data_dir == folder / "var"
    assert settings.outbound_allow == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert (settings.region, settings.timezone) == ("27", ZoneInfo("Asia/Vladivostok"))


def test_production_takes_what_it_is_given() -> None:
    """Addresses and keys are taken; nothing besides the public internet may be called."""
    other = base64.urlsafe_b64encode(b"\xff" * 32).decode()
    settings = load(PRODUCTION | {"GATEWAY_SECRET_KEYS": f"{KEY}, {other}"})
    assert settings.secret_keys == (b"k" * 32, b"\xff" * 32)
    assert settings.public_url == "https://gateway.example"
    assert settings.outbound_allow == ()
    check_public_url(settings, callbacks=True)


def test_lists_and_addresses_are_brought_into_one_form() -> None:
    """Lists are split at commas; the API's own host may always be asked for files."""
    settings = load(
        {
            "GATEWAY_OUTBOUND_ALLOW": "10.20.0.0/16, 192.0.2.7",
            "GATEWAY_VK_API_URL": "http://127.0.0.1:8010/method",
            "GATEWAY_VK_FILE_HOSTS": "Files.Example",
            "GATEWAY_PORT": "9000",
        }
    )
    assert settings.outbound_allow == (ip_network("10.20.0.0/16"), ip_network("192.0.2.7/32"))
    assert settings.vk_api_url == "http://127.0.0.1:8010/method/"
    assert settings.vk_file_hosts == ("files.example", "127.0.0.1")
    assert settings.public_url == "http://127.0.0.1:9000"


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    """`.env` of the current folder counts where the environment is silent."""
    folder.joinpath(".env").write_text("GATEWAY_REGION=25\nGATEWAY_PORT='8001' # a remark\n")
    settings = load({"GATEWAY_PORT": "8002"})
    assert (settings.region, settings.port) == ("25", 8002)


def test_an_empty_setting_is_none() -> None:
    """A name without a value means the default, as templates of settings leave them."""
    assert load({"GATEWAY_REDIS_URL": "", "GATEWAY_PORT": " "}).port == 8000


BAD = {
    "GATEWAY_MODE": "test",
    "GATEWAY_DATABASE_URL": "mysql://db.example/gateway",
    "GATEWAY_REDIS_URL": "redis://",
    "GATEWAY_VK_API_URL": "api.vk.ru",
    "GATEWAY_VK_FILE_HOSTS": "*.vk.com, https://vk.ru",
    "GATEWAY_PUBLIC_URL": "http://[gateway",
    "GATEWAY_HOST": "0.0.0.0",  # noqa: S104 - the very thing that is refused
    "GATEWAY_PORT": "80000",
    "GATEWAY_DEMO_PORT": "٨٠",
    "GATEWAY_SECRET_KEYS": "short",
    "GATEWAY_OUTBOUND_ALLOW": "10.0.0.1/8",
    "GATEWAY_REGION": "Хабаровск",
    "GATEWAY_TIMEZONE": "../etc/passwd",
}


def test_one_message_names_every_bad_setting(folder: Path) -> None:
    """All of them at once, none twice, and a start that fails leaves nothing behind."""
    with pytest.raises(SettingsError) as raised:
        load(BAD)
    assert sorted(problem.split()[0] for problem in raised.value.problems) == sorted(BAD)
    assert all(name in str(raised.value) for name in BAD)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", BAD)
def test_each_bad_setting_stops_the_start(name: str) -> None:
    """One is enough."""
    with pytest.raises(SettingsError, match=name):
        load({name: BAD[name]})


@pytest.mark.parametrize("name", ["GATEWAY_DATABASE_URL", "GATEWAY_REDIS_URL"])
def test_a_bad_address_is_not_repeated(name: str) -> None:
    """An address may hold a password, which no message shows."""
    with pytest.raises(SettingsError) as raised:
        load({name: "postgresq://gateway:secret@db.example:x/gateway"})
    assert "secret@" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["GATEWAY_DATABASE_URL", "GATEWAY_REDIS_URL", "GATEWAY_SECRET_KEYS"]
)
def test_production_needs_servers_and_keys(name: str) -> None:
    """Nothing is embedded or made up in production."""
    with pytest.raises(SettingsError, match=name):
        load(PRODUCTION | {name: ""})


def test_production_needs_a_public_https_address_for_callbacks() -> None:
    """Unless every community is asked by long poll, which only the database can tell."""
    settings = load(PRODUCTION | {"GATEWAY_PUBLIC_URL": "http://gateway.example"})
    check_public_url(settings, callbacks=False)
    with pytest.raises(SettingsError, match="GATEWAY_PUBLIC_URL"):
        check_public_url(settings, callbacks=True)
    with pytest.raises(SettingsError, match=r"GATEWAY_REDIS_URL.*GATEWAY_PUBLIC_URL"):
        load({"GATEWAY_MODE": "production"})


def test_keys_are_made_once_and_kept_private(folder: Path) -> None:
    """The first local start makes a key; the next one finds it in a file of mode 0600."""
    first = load({})
    assert [len(key) for key in first.secret_keys] == [32]
    assert stat.S_IMODE((folder / "var/secret-keys").stat().st_mode) == 0o600
    assert load({}).secret_keys == first.secret_keys
    assert load({"GATEWAY_DATA_DIR": "other"}).secret_keys != first.secret_keys


def test_a_damaged_key_file_is_named(folder: Path) -> None:
    """What was kept is never replaced by something new."""
    path = folder / "var/secret-keys"
    path.parent.mkdir()
    path.write_text("damaged")
    with pytest.raises(SettingsError, match="secret-keys must hold keys"):
        load({})
    assert path.read_text() == "damaged"


def test_settings_never_show_secrets() -> None:
    """Their text may land in a log."""
    text = repr(load(PRODUCTION))
    assert "secret" not in text
    assert KEY not in text
