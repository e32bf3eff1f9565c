"""Which addresses on the network may be called, and which words make an address at all."""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from yarl import URL

from services.errors import ServiceError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LENGTH = 2048
"""Characters of a URL that the usual servers take."""

# IANA's registries of special-purpose addresses, RFC 6890 and later, written out: what Python
# calls global has changed between its patch releases.
REFUSED_4 = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # behind a provider's address translation
    "127.0.0.0/8",  # loopback
    "169.254.0.0/16",  # link-local, and the metadata of clouds
    "172.16.0.0/12",  # private
    "192.0.0.0/24",  # protocol assignments
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",  # private
    "192.175.48.0/24",  # AS112
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and broadcast
)
# Of IPv6 only 2000::/3 is given out, so mapped (::ffff:0:0/96), translated (64:ff9b::/96),
# loopback, private (fc00::/7), link-local and multicast addresses all lie outside.
GIVEN_OUT_6 = "2000::/3"
REFUSED_6 = (
    "2001::/23",  # protocol assignments; Teredo carries an IPv4 address
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4 carries an IPv4 address
    "2620:4f:8000::/48",  # AS112
    "3fff::/20",  # documentation
)
_REFUSED = tuple(ip_network(text) for text in REFUSED_4 + REFUSED_6)
_GIVEN_OUT_6 = IPv6Network(GIVEN_OUT_6)


class InvalidAddress(ServiceError):
    """Give an address like https://example.org/path, without a user name or password in it."""

    code = "invalid_address"


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Tell whether this address may be called: a public one, or one of the allowed networks."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if any(address in network for network in allowed):
        return True
    if isinstance(address, IPv6Address) and address not in _GIVEN_OUT_6:
        return False
    return not any(address in network for network in _REFUSED)


def check_url(url: str, allowed: Sequence[Network]) -> URL:
    """Read an address that somebody typed, before it is stored and before each call.

    A name is not resolved here: what it means is checked at every connection.
    Raises InvalidAddress, with a sentence that says what is wrong.
    """
    if len(url) > LENGTH:
        raise InvalidAddress(f"An address has at most {LENGTH} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise InvalidAddress("An address has no spaces, line breaks or backslashes.")
    parsed = _parse(url)
    if parsed.scheme not in {"http", "https"}:
        raise InvalidAddress("An address begins with https:// or http://.")
    if parsed.user is not None or parsed.password is not None:
        raise InvalidAddress("Leave the user name and password out of the address.")
    host = parsed.raw_host
    literal = _literal(host or "")
    if not host or "%" in host or (literal is None and _ends_in_number(host)):
        raise InvalidAddress("The address names no host that can be called.")
    if parsed.fragment:
        raise InvalidAddress("Leave out what follows the # in the address.")
    if literal is not None and not is_allowed(literal, allowed):
        raise InvalidAddress("This address belongs to a private network and cannot be called.")
    return parsed


def _parse(url: str) -> URL:
    try:
        parsed = URL(url)
        if parsed.absolute and parsed.port == 0:
            raise InvalidAddress("The port of an address is a number from 1 to 65535.")
    except ValueError as error:
        raise InvalidAddress from error
    return parsed


def _ends_in_number(host: str) -> bool:
    """Tell an IPv4 address in disguise (`127.1`, `0x7f.1`): no name ends in a number."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
