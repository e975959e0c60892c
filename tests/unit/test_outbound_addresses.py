"""Addresses to which nothing is sent: private ones, in whatever form a URL or a name server writes them."""

import pytest

from chat_core.contract.errors import BadPayload
from web.outbound.addresses import AddressRule, UrlParts, parse_url
from web.outbound.channel import NotSent, Rejected

BAD_URLS = [
    "https://2130706433/",  # 127.0.0.1 in decimal,
    "https://017700000001/",  # octal,
    "https://0x7f000001/",  # and hexadecimal
    "https://0x7f.1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://hooks.example.0x7f000001/",
    "https://user@hooks.example/",
    "https://hooks.example:secret@10.0.0.1/",
    "https://hooks.example#@10.0.0.1/",
    "https://hooks.example\\@10.0.0.1/",
    "https://hooks.example/\\10.0.0.1",
    "https://hooks.example\t.evil.example/",
    "https://hooks.example/\r\nHost: localhost",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://①②⑦.0.0.1/",  # NFKC makes digits of these
    "https://ho\u00adoks.example/",
    "https://hooks..example/",
    "https://hooks.example:0/",
    "https://hooks.example:99999/",
    "https://",
    "https:///path",
    "file:///etc/passwd",
    "gopher://hooks.example/",
    "ftp://hooks.example/",
    "hooks.example",
    "https://hooks.example/" + "x" * 2_048,
]
PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.9.1",
    "169.254.169.254",  # metadata of clouds
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",  # no resolver writes a public IPv4 address so
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]


def choose(*addresses: str, allowed: tuple[str, ...] = (), scheme: str = "https") -> str:
    rule = AddressRule(allowed, lambda _host, _port: addresses)
    return rule.choose(UrlParts(scheme, "hooks.example", 443, "/"))


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_can_be_read_in_two_ways(url: str) -> None:
    """Refuse a URL whose host programs read differently, or that has a name, a password, or another scheme."""
    with pytest.raises(BadPayload, match="url: This is not an address to send to"):
        parse_url(url)


def test_a_url_of_the_usual_form() -> None:
    """Read scheme, host, port and path of a URL; a numeric address in its plain form is one."""
    assert parse_url("https://hooks.example.com/in?key=1") == ("https", "hooks.example.com", 443, "/in?key=1")
    assert parse_url("http://10.0.0.1:8080").authority == "10.0.0.1:8080"
    assert parse_url("https://[2606:2800::1]/").authority == "[2606:2800::1]"


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address(address: str) -> None:
    """Refuse a name with such an address, also beside a public one; the reason names the setting."""
    for found in ((address,), (PUBLIC[0], address)):
        with pytest.raises(Rejected, match="WATTLINE_OUTBOUND_NETWORKS"):
            choose(*found)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address: str) -> None:
    """Send to a public address, by https only."""
    assert choose(address) == address
    with pytest.raises(Rejected, match="https"):
        choose(address, scheme="http")


def test_a_network_that_the_operator_listed() -> None:
    """Send into a listed network, by http too, and into no other."""
    for scheme in ("http", "https"):
        assert choose("10.1.2.3", allowed=("10.1.0.0/16",), scheme=scheme) == "10.1.2.3"
    with pytest.raises(Rejected):
        choose("10.2.0.1", allowed=("10.1.0.0/16",))


def test_a_name_that_is_not_known() -> None:
    """Try a name without an address again later."""
    with pytest.raises(NotSent, match="no address"):
        choose()

    def fails(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(NotSent, match="not known"):
        AddressRule((), fails).choose(parse_url("https://hooks.example/"))
