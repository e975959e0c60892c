"""Close connections that may not stay, through RabbitMQ's management API. Touches sockets."""

import base64
import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog

from broker.rabbitmq.authority import AGENTS, MANAGER, SESSION, Authority
from chat_core.contract import ids
from chat_core.contract.errors import BrokerDown

LIST_EVERY_S: Final = 60.0
BEFORE_ITS_END_S: Final = 1.5  # a look is never late by more than a second; see Authority.ending
ASK_WITHIN_S: Final = 5.0
PER_PERSON: Final = 32  # connections, as on the embedded broker

log = structlog.get_logger("broker.rabbitmq")


class Management:
    """Call RabbitMQ's management API. Raises: BrokerDown when it does not answer as it should."""

    def __init__(self, hosts: Sequence[str], port: int, secret: str) -> None:
        """Args: hosts: of one cluster; each call takes the first that answers."""
        self._addresses = [(host, port) for host in hosts]
        self._sign_in = "Basic " + base64.b64encode(f"{MANAGER}:{secret}".encode()).decode()

    def count_connections(self) -> Counter[str]:
        """Return the number of live connections of each user."""
        listed: list[dict[str, Any]] = json.loads(self._ask("GET", "/api/connections"))
        return Counter(str(one["user"]) for one in listed if "user" in one)

    def close_node(self, node: str) -> int:
        """Close all connections to this node, and return their number; their wills are sent."""
        listed: list[dict[str, Any]] = json.loads(self._ask("GET", "/api/connections"))
        names = [str(one["name"]) for one in listed if one.get("node") == node]
        for name in names:
            self._ask("DELETE", f"/api/connections/{quote(name, safe='')}", reason="node given up or cut off")
        return len(names)

    def close(self, username: str) -> None:
        """Close all of this user's connections; their wills are sent."""
        self._ask("DELETE", f"/api/connections/username/{quote(username, safe='')}")

    def drop_sessions(self, username: str) -> None:
        """Delete the queues of this user's sessions, with what they hear and what waits in them."""
        for name in self._list_queues(f"^{SESSION}{username}:"):
            # BAD_REQUEST: it is the queue of a connection and ends with it.
            self._ask("DELETE", f"/api/queues/%2F/{quote(name, safe='')}", HTTPStatus.BAD_REQUEST)

    def list_agents_with_sessions(self) -> set[str]:
        """Return the agents who have a session, connected or not."""
        return {name.removeprefix(SESSION).partition(":")[0] for name in self._list_queues(f"^{AGENTS}")}

    def _list_queues(self, pattern: str) -> list[str]:
        found, page, pages = list[str](), 1, 1
        query = f"name={quote(pattern, safe='')}&use_regex=true&page_size=500&columns=name"
        while page <= pages:
            listed = json.loads(self._ask("GET", f"/api/queues/%2F?{query}&page={page}"))
            found += [one["name"] for one in listed["items"]]
            page, pages = page + 1, listed["page_count"]
        return found

    def _ask(self, method: str, path: str, *passing: HTTPStatus, reason: str = "credentials ended") -> bytes:
        """Return the answer's body. Args: passing: statuses that are no fault; reason: of a connection's close."""
        faults = []
        for host, port in self._addresses:
            link = http.client.HTTPConnection(host, port, timeout=ASK_WITHIN_S)
            try:
                link.request(method, path, headers={"Authorization": self._sign_in, "X-Reason": reason})
                answer = link.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as err:
                faults.append(f"{host}: {err}")
                continue
            finally:
                link.close()
            if method == "DELETE" and answer.status == HTTPStatus.NOT_FOUND:
                return b""  # it has ended
            if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, *passing):
                raise BrokerDown(f"RabbitMQ's management API answers {answer.status}.")
            return body
        raise BrokerDown(f"RabbitMQ's management API does not answer: {'; '.join(faults)}")


class Watch:
    """
    Close connections whose credentials ended, and those beyond a person's limit. One thread calls `look` repeatedly.

    A user is closed again at the next look: a sign-in granted before may have had no connection yet.
    """

    def __init__(self, authority: Authority, version: Callable[[], object], management: Management) -> None:
        self._authority = authority
        self._version = version
        self._management = management
        self._seen = version()
        self._ending: set[str] = set()
        self._cut: set[str] = set()
        self._list_at_s = 0.0
        self._adopted = False

    def look(self, now_s: float) -> None:
        """Close every connection that may not stay. Raises: StoreDown, BrokerDown; nothing is forgotten then."""
        if now_s >= self._list_at_s:
            connected = self._management.count_connections()
            self._close_crowds(connected)
            if not self._adopted:
                self._ending |= self._authority.adopt(connected, self._management.list_agents_with_sessions())
                self._adopted = True
            self._authority.keep_only(connected)
            self._list_at_s = now_s + LIST_EVERY_S
        version = self._version()
        if version != self._seen:
            self._ending |= self._authority.ended()
            self._seen = version
        self._ending |= self._authority.ending(time.time() + BEFORE_ITS_END_S)
        again = self._authority.forget(self._cut)
        for username in self._ending | again:
            self._management.close(username)
            log.info("connections closed", user=username)
        for username in list(self._authority.moved):
            self._management.close(username)  # who came back meanwhile subscribes anew
            self._management.drop_sessions(username)
            self._authority.moved.discard(username)
        self._cut, self._ending = self._ending, set()

    def _close_crowds(self, connected: Counter[str]) -> None:
        """Close all connections of a user with too many: RabbitMQ closes all or none."""
        for username, count in connected.items():
            if count > PER_PERSON and ids.is_id(username) and ids.role_of(username) is not ids.Role.SERVICE:
                self._management.close(username)
                log.warning("too many connections of one person", user=username, connections=count)
