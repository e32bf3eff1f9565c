"""Which addresses may be called."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.outbound.addresses import InvalidAddress, check_url, is_allowed

PRIVATE = [
    "0.0.0.1",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "8.8.8.8",
    "87.240.132.67",
    "100.63.255.255",
    "172.32.0.1",
    "2a00:bdc0::1",
    "2606:4700::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    """Private, loopback, link-local, multicast, reserved, and addresses within addresses."""
    assert not is_allowed(ip_address(address), [])


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_allowed(address: str) -> None:
    """Also right beside what is not."""
    assert is_allowed(ip_address(address), [])


def test_named_networks_are_allowed_and_nothing_beside_them() -> None:
    """A department's back end may stand in the same network."""
    allowed = [ip_network("10.1.0.0/16"), ip_network("::1/128")]
    assert is_allowed(ip_address("10.1.2.3"), allowed)
    assert is_allowed(ip_address("::1"), allowed)
    assert not is_allowed(ip_address("10.2.0.1"), allowed)
    assert not is_allowed(ip_address("::ffff:10.1.2.3"), allowed)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_allowed(address: IPv4Address | IPv6Address) -> None:
    """The table refuses at least what the standard library refuses."""
    if is_allowed(address, []):
        assert not address.is_private
        assert not address.is_multicast
        assert not address.is_reserved
        assert not address.is_unspecified


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://example.org:8080/hook?a=b",
        "https://приём.хабаровск.рф/вебхук",
        "https://8.8.8.8/",
        "https://[2606:4700::1]:8443/",
    ],
)
def test_a_usual_address_passes(url: str) -> None:
    """Names are resolved when they are called, not when they are written down."""
    assert check_url(url, []).host


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "begins with"),
        ("example.org/hook", "begins with"),
        ("ftp://example.org", "begins with"),
        ("file:///etc/passwd", "begins with"),
        ("unix:///run/x.sock", "begins with"),
        ("https://", ""),
        ("https:///path", "names no host"),
        ("https://user@example.org", "user name"),
        ("https://user:pass@example.org", "user name"),
        ("https://:pass@example.org", "user name"),
        ("https://example.org/#part", "#"),
        ("https://example.org:0/", "port"),
        ("https://example.org:65536/", ""),
        ("https://example.org:x/", ""),
        ("https://exa mple.org/", "no spaces"),
        ("https://example.org/\r\nHost: x", "no spaces"),
        ("https://example.org\\@evil.org/", "no spaces"),
        ("https://[fe80::1%25eth0]/", ""),
        ("https://[::1", ""),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:127.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://2130706433/", "names no host"),
        ("https://127.1/", "names no host"),
        ("https://0x7f.1/", "names no host"),
        ("https://0177.0.0.1/", "names no host"),
        ("https://example.org/" + "a" * 2048, "2048"),
    ],
)
def test_an_unfit_address_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    """Whoever typed it reads what to change."""
    with pytest.raises(InvalidAddress) as invalid:
        check_url(url, [])
    assert invalid.value.code == "invalid_address"
    assert sentence in invalid.value.message


@given(st.text(max_size=60) | st.text(max_size=40).map("https://".__add__))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """Nothing else can come of it."""
    try:
        parsed = check_url(text, [])
    except InvalidAddress:
        return
    assert parsed.scheme in {"http", "https"}
    assert parsed.raw_host
