"""
Notify people in their browsers by Web Push (docs/push.md): clients of answers, agents of clients' words and mentions.

Each browser is a lane per conversation. What is written meanwhile is sent together, and a repeat after a kill has the
same Topic and tag, so it replaces the notification before it.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from chat_core.contract.delivery_reasons import DeliveryReason, reason
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import preview
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import Summary
from chat_core.store.deliveries import Delivery, Route
from chat_core.store.outbox import OutboxEvent
from chat_core.store.push_subscriptions import PushSubscription
from web import push_crypto
from web.app_context import AppContext
from web.i18n import read_messages
from web.outbound.addresses import HTTPS_PORT, UrlParts, parse_url
from web.outbound.channel import HTTP_LEASE_MS, NotSent, Rejected, entry_of
from web.outbound.http import HttpAnswer, Sender

DELAY_MS: Final = 10_000  # for who reads it on screen
CLIENT_TTL_S: Final = 3 * 86_400
AGENT_TTL_S: Final = 4 * 3_600
PADDED_BYTES: Final = 1_024
WORDS: Final = 120  # characters of a message
GONE: Final = frozenset({404, 410})
LATER: Final = frozenset({408, 425, 429})
EVENTS: Final = (Outside.MESSAGE, Outside.ASSIGNED, Outside.MENTIONED)
ICON: Final = "/icon-192.png"
OUR_NAME: Final = "Wattline"


class PushChannel:
    """Send notifications. For any thread."""

    name = "push"
    lease_ms: Final = HTTP_LEASE_MS

    def __init__(self, here: AppContext, sender: Sender) -> None:
        self._here = here
        self._store = here.store
        self._sender = sender

    def events(self) -> Collection[str]:
        """Return what people may be notified of, while somebody is."""
        return EVENTS if self._here.config.push_services and self._store.registry.push.any() else ()

    def destinations(self) -> Collection[str]:
        """Return the one destination of all browsers."""
        return (self.name,) if self._here.config.push_services else ()

    def route(self, event: OutboxEvent) -> Iterable[Route]:
        """Return a lane for each browser of each person whom it concerns."""
        if event.client is None:
            return ()
        found = self._store.registry.push.of(list(self._concerned(event, event.client)))
        return [Route(self.name, f"{event.client}/{one.id}", DELAY_MS) for one in found]

    def _concerned(self, event: OutboxEvent, client: str) -> Iterator[str]:
        sender = event.facts.get("from", "")
        if event.event == Outside.MENTIONED:
            yield from event.facts["agents"]
        elif event.event == Outside.MESSAGE and role_of(sender) is Role.AGENT:
            yield client
        elif (row := self._store.inbox.summary(client)) is None:
            return
        elif event.event == Outside.ASSIGNED:
            if row.assignee not in (None, sender):
                yield str(row.assignee)
        elif sender == client:
            yield from self._answering(row)

    def _answering(self, row: Summary) -> Iterable[str]:
        """Return whose the conversation is: its assignee, else those of its team who are notified anywhere."""
        if row.assignee is not None:
            return [row.assignee]
        registry = self._store.registry
        teams = registry.teams.now()
        return teams.members(teams.known(row.team), registry.push.persons("a"))

    def unwanted(self, delivery: Delivery) -> DeliveryReason | None:
        """Return why nobody needs to be notified any more."""
        client, _, id = delivery.key.partition("/")
        found = self._store.registry.push.find(id)
        if found is None or self._store.registry.generation(found.person, found.sign_in) is None:
            return reason("push_ended")
        if not is_push_service(parse_url(found.endpoint), self._here.config.push_services):
            return reason("push_service")
        if delivery.seq is not None and entry_of(self._store, delivery) is None:
            return reason("push_deleted")
        if found.person == client:
            return None if self._store.log.glance(client).unread else reason("push_answer_read")
        if self._store.registry.push.watched_for_ms(found.person):
            return reason("push_watched")
        return self._why_not(delivery, found.person, self._store.inbox.summary(client))

    def _why_not(self, delivery: Delivery, agent: str, row: Summary | None) -> DeliveryReason | None:
        if row is None:
            return reason("push_erased")
        registry = self._store.registry
        teams = registry.teams_read_by(agent)
        if teams is not None and registry.teams.latest.known(row.team) not in teams:
            return reason("push_other_team")
        if delivery.event == Outside.MENTIONED:
            is_open = any(one.agent == agent and one.id == delivery.entry for one in row.mentions or ())
            return None if is_open else reason("push_mention_seen")
        if row.assignee not in (None, agent):
            return reason("push_other_agent")
        return None if row.unread or delivery.event == Outside.ASSIGNED else reason("push_read")

    def send(self, delivery: Delivery) -> int | None:
        """Notify in the browser; return the seq of the last message, which it stands for too."""
        client, _, id = delivery.key.partition("/")
        to = self._store.registry.push.find(id)
        if to is None:
            raise Rejected(reason("push_ended"))
        row = self._store.inbox.summary(client)
        self._check(to, self._post(to, client, self._content(delivery, to, client, row)))
        self._store.registry.push.note_success(to.id, self._here.now_ms())
        return row.last.seq if row is not None and row.last is not None else None

    def _content(self, delivery: Delivery, to: PushSubscription, client: str, row: Summary | None) -> bytes:
        """Return what the worker shows (web/frontend/src/worker/worker.ts)."""
        gettext, brand = read_messages(to.lang).gettext, self._here.branding.now().value
        is_client = to.person == client
        title = brand.name or OUR_NAME
        shown = self._words(delivery, to.lang) if self._here.config.push_words else None
        if is_client:
            body = shown or gettext("You have a new answer.")
        else:
            who = (row.name if row is not None and self._here.config.push_words else None) or client
            event = {
                Outside.MENTIONED: gettext("You were mentioned in a note about %(who)s."),
                Outside.ASSIGNED: gettext("The conversation with %(who)s was assigned to you."),
            }.get(Outside(delivery.event), gettext("New message from %(who)s."))
            title, body = (who, shown) if shown else (title, event % {"who": who})
        content = {
            "title": title,
            "body": body,
            "lang": to.lang,
            "tag": "wattline" if is_client else f"wattline/{client}",
            "icon": f"{self._here.config.url or ''}{ICON}",
            "client": None if is_client else client,
        }
        return json.dumps(content, ensure_ascii=False).encode()

    def _words(self, delivery: Delivery, lang: str) -> str | None:
        entry = entry_of(self._store, delivery) if delivery.event == Outside.MESSAGE else None
        if entry is None:
            return None
        words = " ".join(preview(entry.kind, entry.model_dump(), lang).split())
        return words if len(words) <= WORDS else f"{words[:WORDS]}…"

    def _post(self, to: PushSubscription, client: str, content: bytes) -> HttpAnswer:
        is_client = to.person == client
        server_key = push_crypto.derive_server_key(self._here.keys.password, self._store.registry.push.epoch())
        once = ec.generate_private_key(push_crypto.CURVE)
        salt = secrets.token_bytes(push_crypto.SALT_BYTES)
        body = push_crypto.encrypt(content, to.p256dh, to.auth, once=once, salt=salt, padded=PADDED_BYTES)
        url = self._here.config.url
        contact = url if url is not None and url.startswith("https://") else None
        headers = {
            "Authorization": push_crypto.authorization(server_key, to.endpoint, contact, self._here.now_s),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(CLIENT_TTL_S if is_client else AGENT_TTL_S),
            "Urgency": "normal" if is_client else "high",
            "Topic": _topic(to, client),
        }
        return self._sender.post(to.endpoint, body, headers)

    def _check(self, to: PushSubscription, answer: HttpAnswer) -> None:
        """Raise NotSent or Rejected unless the push service took it; forget a browser that is gone."""
        if 200 <= answer.status < 300:
            return
        if answer.status in GONE:
            self._store.registry.push.remove([to.id])
            raise Rejected(reason("push_gone"))
        told = reason("push_answered", status=answer.status)
        if answer.status >= 500 or answer.status in LATER:
            raise NotSent(told, answer.retry_s)
        raise Rejected(told)


def is_push_service(target: UrlParts, services: Collection[str]) -> bool:
    """Return whether the endpoint is at one of the services: a host with its subdomains, or an origin."""
    if f"{target.scheme}://{target.authority}" in services:
        return True
    is_usual = target.scheme == "https" and target.port == HTTPS_PORT
    return is_usual and any(target.host == one or target.host.endswith(f".{one}") for one in services)


def _topic(to: PushSubscription, client: str) -> str:
    """Return what names the conversation to the push service of this browser alone: a newer one replaces an older."""
    return push_crypto.encode(hmac.digest(to.auth.encode(), client.encode(), hashlib.sha256)[:24])
