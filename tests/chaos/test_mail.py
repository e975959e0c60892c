"""
Mail under kills of the sender and the bridge, with SMTP and IMAP away in between.

Every answer goes out, and every reply becomes a message of its conversation once.
"""

import random
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from chat_core.contract.ids import new_message_id
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import Said, SaidKind
from chat_core.runtime.clock import now_ms
from chat_core.runtime.config import Config, load
from chat_core.runtime.keys import Keys
from chat_core.store import Store
from tests.contract.stores import committed
from tests.real.dovecot import PASSWORD, Dovecot, dovecot
from tests.real.forked import ForkedChild
from tests.real.smtp import SmtpServer, smtp_server
from tests.real.wattline import ProductProcess, environment
from tests.waiting import wait_until
from web.mail_tokens import MailTokens

ANSWERS, REPLIES = 2, 2  # of each conversation
BRIDGE_EVERY = 4  # kills of the sender
NOW_MS = now_ms()  # the bridge drops events of long ago


@dataclass
class MailSystem:
    """A store, its settings, and the servers that clients' mail goes through. `outbox`: mails of clients to deliver."""

    config: Config
    env: dict[str, str]
    store: Store
    smtp: SmtpServer
    imap: Dovecot
    outbox: list[bytes] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    is_away: bool = False  # both servers

    def process(self, module: str) -> ForkedChild:
        data = self.config.data
        return ForkedChild(module, [], log=data / f"{module}.log", env=self.env, cwd=data)

    def set_away(self, away: bool) -> None:
        """Close both servers' ports, or open them again with the mail that was there."""
        if away is self.is_away:
            return
        self.is_away = away
        for server in (self.smtp, self.imap):
            server.stop() if away else server.start()

    def write_replies(self) -> None:
        """Clients answer each mail that came, twice; somebody forges a token, and somebody sends a mail again."""
        for message in self.smtp.messages:
            to, reply = str(message["To"]), message["Reply-To"]
            if reply is None or to in self.answered:
                continue
            self.answered.add(to)
            mails = [self._reply(to, str(reply), f"reply {n} of {to}") for n in range(REPLIES)]
            forged = str(reply).replace("@", "a@", 1).replace("+", "+b", 1)
            self.outbox += [mails[0], mails[0], *mails[1:], self._reply(to, forged, f"forged by {to}")]

    @staticmethod
    def _reply(sender: str, to: str, text: str) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = sender, to
        message["Message-ID"] = f"<{text.replace(' ', '-').replace('@', '-')}@example.org>"
        message.set_content(text)
        return message.as_bytes()

    def post_replies(self) -> None:
        """Put clients' mails into the mailbox, where its server runs."""
        if self.outbox and not self.is_away:
            batch, self.outbox = self.outbox[:50], self.outbox[50:]
            self.imap.deliver(*batch)


@contextmanager
def mail_system(folder: Path, conversations: int) -> Iterator[MailSystem]:
    with ExitStack() as parts:
        smtp, imap = parts.enter_context(smtp_server()), parts.enter_context(dovecot())
        settings = {
            "WATTLINE_SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
            "WATTLINE_IMAP_URL": f"imap://reply:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{imap.port}",
            "WATTLINE_MAIL_FROM": "support@energy.example",
            "WATTLINE_MAIL_REPLY": "reply@energy.example",
            "WATTLINE_URL": "https://chat.example",
            "WATTLINE_MAIL_AFTER_S": "0",
        }
        env = environment(folder, settings)
        config = load(env)
        store = parts.enter_context(Store.open(config, migrate=True))
        Keys.open(config.data)
        store.registry.add_agent("a-ana", "Ana")
        for n in range(conversations):
            store.registry.ensure_client(f"c-{n}", lang="en")
            store.registry.mail_addresses.vouch(f"c-{n}", address(n), NOW_MS)
        tokens = MailTokens(Keys.open(config.data).derive("mail"))
        store.registry.mail_addresses.stop(tokens.mark_of(address(0)), NOW_MS)  # it has unsubscribed
        store.registry.mail_addresses.remove("c-1", NOW_MS)
        store.registry.mail_addresses.ask("c-1", address(1), NOW_MS)  # it is not verified
        store.outbox.ask_for([Outside.MESSAGE])
        store.outbox.refresh()
        broker = parts.enter_context(ProductProcess("broker", folder, settings=settings, at_once=True))
        broker.port("mqtt")
        yield MailSystem(config, env, store, smtp, imap)


def address(n: int) -> str:
    return f"client{n}@example.org"


def answer_all(store: Store, conversations: int) -> None:
    for turn in range(ANSWERS):
        for start in range(0, conversations, 100):
            with committed(store) as tx:
                for n in range(start, min(start + 100, conversations)):
                    id = new_message_id(NOW_MS + turn, n.to_bytes(10))
                    said = Said(id=id, kind=SaidKind.TEXT, text=f"answer {turn} for {n}.", sent=NOW_MS)
                    tx.append(f"c-{n}", "a-ana", said, NOW_MS)


def run(folder: Path, conversations: int, kills: int, seed: int) -> Counter[str]:
    """Kill the sender so often while it works and the bridge now and then, and return what came of it."""
    chance = random.Random(seed)
    length = max(1, kills // 20)
    away = {*range(kills // 4, kills // 4 + length), *range(kills // 2, kills // 2 + length)}
    with mail_system(folder, conversations) as system:
        answer_all(system.store, conversations)
        bridge, sender = system.process("bridge"), None
        figures = Counter(kills=kills, bridge_kills=0)
        try:
            for round_ in range(kills):
                sender = system.process("tests.chaos.mail_process")
                system.set_away(round_ in away)
                if round_ == 3 * kills // 4:
                    system.smtp.answers["RCPT"] = ["451 4.3.2 not now"] * 30
                system.write_replies()
                system.post_replies()
                threading.Event().wait(chance.uniform(0.2, 0.8))  # the blow comes at any instruction
                sender.kill()
                if round_ % BRIDGE_EVERY == 1:
                    bridge.kill()
                    figures["bridge_kills"] += 1
                    bridge = system.process("bridge")
            system.set_away(False)
            sender = system.process("tests.chaos.mail_process")
            wait_until(lambda: is_done(system), within_s=60 + conversations / 2, why=bridge.log)
        finally:
            for child in (sender, bridge):
                if child is not None:
                    child.kill()
        return figures + judged(system, conversations)


def is_done(system: MailSystem) -> bool:
    system.write_replies()
    system.post_replies()
    waiting = sum(queue.waiting for queue in system.store.deliveries.queues())
    if waiting or system.store.outbox.next(1) or system.outbox or system.imap.count("INBOX"):
        return False
    return not system.store.web.fetch("SELECT 1 FROM submitted WHERE done IS NULL LIMIT 1")


def judged(system: MailSystem, conversations: int) -> Counter[str]:
    """Return the figures of the run; a broken promise fails."""
    by_id: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    got: defaultdict[str, str] = defaultdict(str)
    for message in system.smtp.messages:
        body = message.get_body(("plain",))
        assert body is not None
        to, text = str(message["To"]), str(body.get_content())
        by_id[str(message["Message-ID"])].add((to, text))
        got[to] += text
    assert all(len(copies) == 1 for copies in by_id.values()), "a repeated mail says something else"
    assert address(0) not in got and address(1) not in got, "a mail went to an address that is not to have any"
    for n in range(2, conversations):
        assert all(f"answer {turn} for {n}." in got[address(n)] for turn in range(ANSWERS)), n
    replies = 0
    for number in range(2, conversations):
        client, to = f"c-{number}", address(number)
        texts = [entry["text"] for entry in system.store.log.page(client).entries if entry["from"] == client]
        assert texts == [f"reply {n} of {to}" for n in range(REPLIES)], "a reply is missing, doubled or out of order"
        replies += len(texts)
    assert system.imap.count("Wattline.Refused") == len(system.answered)  # the forged ones
    mails = len(system.smtp.messages)
    return Counter(mails=mails, repeats=mails - len(by_id), replies=replies)


def test_twenty_conversations(tmp_path: Path) -> None:
    """With 5 kills, SMTP and IMAP away in between: each answer sent, by one Message-ID, and each reply stored once."""
    assert run(tmp_path, 20, 5, seed=16)["replies"] == 18 * REPLIES


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
def test_a_thousand_conversations(tmp_path: Path) -> None:
    """The same holds for 1,000 conversations and 200 kills, with at most one repeat a kill."""
    figures = run(tmp_path, 1_000, 200, seed=17)
    sys.stdout.write(f"{dict(figures)}\n")
    assert figures["repeats"] <= figures["kills"]
