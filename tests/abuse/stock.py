"""
Run stock amqtt 0.12.1 for the same tests as the guarded broker.

It gets a plugin that knows the passwords, and one that applies the product's table of rules to every action.
"""

import asyncio
import logging
import threading
from typing import Any, Final, Self

from amqtt.broker import Broker
from amqtt.contexts import Action as StockAction
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from chat_core.contract import policy
from chat_core.contract.policy import Action, Identity
from tests.conformance.brokers import SignIn, TableCredentials, TestedBroker
from tests.waiting import wait_until

TABLE: Final = TableCredentials()
HERE: Final = "tests.abuse.stock"
PASSWORDS: Final[dict[str, Any]] = {f"{HERE}.KnowsPasswords": {}}
POLICY: Final[dict[str, Any]] = {f"{HERE}.AsksThePolicy": {}}


class KnowsPasswords(BaseAuthPlugin):
    """Accept the users of the table with its password."""

    async def authenticate(self, *, session: Session) -> bool | None:
        return TABLE.check(session.username or "", (session.password or "").encode()) is not None


class AsksThePolicy(BaseTopicPlugin):
    """Apply the product's table of rules to all three actions."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: StockAction | None = None
    ) -> bool | None:
        identity = TABLE.identities.get(session.username or "") if session else None
        asked = {StockAction.PUBLISH: Action.PUBLISH, StockAction.SUBSCRIBE: Action.SUBSCRIBE}
        known = identity is not None and action is not None
        return known and policy.allows(identity, asked.get(action, Action.RECEIVE), topic or "")  # type: ignore[arg-type]


class StockBroker(TestedBroker):
    """Run stock amqtt in its own thread. Args: plugins: instead of these two."""

    kind = "stock"
    bad_password = bad_client_id = 5

    def __init__(self, plugins: dict[str, Any] | None = None) -> None:
        self._plugins = PASSWORDS | POLICY if plugins is None else plugins
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="stock amqtt")

    def __enter__(self) -> Self:
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("websockets").setLevel(logging.CRITICAL)
        self._thread.start()
        assert self._ready.wait(10), "stock amqtt does not listen"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda *_: None)
        listeners = {"default": {"type": "tcp", "bind": "127.0.0.1:0"}, "ws": {"type": "ws", "bind": "127.0.0.1:0"}}
        broker = Broker({"listeners": listeners, "plugins": self._plugins})
        await broker.start()
        ports = [next(iter(broker._servers[name].instance.sockets)).getsockname()[1] for name in ("default", "ws")]
        self.mqtt_port, self.ws_port = ports
        self._ready.set()
        await self._stop.wait()
        # Not `shutdown`, which waits for clients that do not read: the thread ends with everything in it.

    def _let_in(self, identity: Identity) -> SignIn:
        return SignIn(identity.id, TABLE.put(identity), f"{identity.id}:x").again()

    def disable(self, id: str) -> None:
        TABLE.disable(id)

    @property
    def table(self) -> TableCredentials:
        """The file with its credentials."""
        return TABLE

    def inside(self, question: Any) -> Any:
        """Wait for a condition in the broker's thread, and return its value."""
        return wait_until(question)
