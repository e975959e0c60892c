"""Connections counted by address and by person, without a socket."""

import asyncio

from broker.embedded.connection import Connection
from broker.embedded.peers import Peers
from broker.sign_in import Granted
from chat_core.contract.ids import role_of
from chat_core.contract.policy import Identity
from chat_core.runtime.addresses import Networks, site_of

PROXY = "10.0.0.1"


class Socket(asyncio.BaseTransport):
    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 50_000)})


class Ended(Connection):
    why: str | None = None

    def __init__(self, id: str) -> None:
        self.granted = Granted(Identity(id), None, 1)

    def end(self, why: str, *, with_will: bool = True) -> None:
        self.why = why


def _peers(per_address: int = 2, per_person: int = 3) -> Peers:
    return Peers(Networks([PROXY, "127.0.0.0/8"]), per_address, per_person)


def test_one_address() -> None:
    """An address has so many sockets at a time and no more; an IPv6 household is one address."""
    peers = _peers()
    first = Socket("192.0.2.1")
    assert [peers.arrive(one) for one in (first, Socket("192.0.2.1"), Socket("192.0.2.1"))] == [True, True, False]
    assert peers.arrive(Socket("192.0.2.2"))
    assert [peers.arrive(Socket(f"2001:db8::{part}")) for part in "123"] == [True, True, False]
    assert peers.address_of(first) == "192.0.2.1"
    for _ in range(2):
        peers.lose(first)  # told twice, counted once
    assert peers.address_of(first) is None


def test_a_lost_socket_counts_no_more() -> None:
    """A closed connection no longer counts, also one beyond the limit."""
    peers, sockets = _peers(), [Socket("192.0.2.1") for _ in range(3)]
    for one in sockets:
        peers.arrive(one)
    for one in sockets:
        peers.lose(one)
    assert [peers.arrive(Socket("192.0.2.1")) for _ in range(2)] == [True, True]


def test_behind_a_proxy() -> None:
    """A trusted proxy is no peer; the address that it names last is, and nobody else's word is taken."""
    peers = _peers()
    assert all(peers.arrive(Socket(PROXY)) for _ in range(10))
    said = []
    for _ in range(3):
        one = Socket(PROXY)
        assert peers.arrive(one)
        said.append(peers.say_for(one, ["203.0.113.9, 192.0.2.7"]))
    assert said == [True, True, False]
    assert peers.address_of(one) == "192.0.2.7"
    outsider = Socket("192.0.2.1")
    assert peers.arrive(outsider) and peers.say_for(outsider, ["192.0.2.7"])
    assert peers.address_of(outsider) == "192.0.2.1"
    assert peers.say_for(Socket(PROXY), []) and peers.say_for(Socket("192.0.2.50"), ["192.0.2.7"])


def test_one_person() -> None:
    """A person's oldest connection goes when there are too many; who left counts no more; a service has no bound."""
    peers = _peers()
    own = [Ended("g-1") for _ in range(5)]
    for count, one in enumerate(own):
        if count == 3:
            peers.sign_out(own[1])
        end_oldest = peers.sign_in(one, "g-1", role_of("g-1"))
        assert (end_oldest is not None) is (count == 4)
        if end_oldest is not None:
            end_oldest()
    assert [one.why is not None for one in own] == [True, False, False, False, False]
    assert not any(peers.sign_in(Ended("s-1"), "s-1", role_of("s-1")) for _ in range(10))
    peers.sign_out(Ended("g-unknown"))


def test_sites() -> None:
    """An address stands for whoever has it: IPv4 as it is, also within IPv6; of IPv6 the /64; other words unchanged."""
    assert site_of(" 192.0.2.1") == site_of("192.0.2.1") == site_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert site_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64" and site_of("fe80::1%eth0") == "fe80::/64"
    assert site_of("unix:") == "unix:" and site_of("") == ""
    assert (
        "::ffff:10.0.0.1" in Networks([PROXY]) and "10.0.0.2" not in Networks([PROXY]) and "" not in Networks([PROXY])
    )
