"""Run web's worker of webhooks alone, with short pauses, until it is killed: `python -m tests.real.outbound_worker`."""

import threading

from chat_core.runtime import config
from chat_core.runtime.keys import KeyRing
from chat_core.store import Store
from web.outbound.addresses import AddressRule
from web.outbound.http import Sender
from web.outbound.webhooks import WebhookChannel
from web.outbound.worker import OutboundWorker

LEASE_MS = 2_000
PAUSES_S = (0.02, 0.1, 0.2)


def main() -> None:
    settings = config.load()
    with Store.open(settings) as store:
        sender = Sender(AddressRule(settings.outbound_networks), most_s=1.0)
        channel = WebhookChannel(store, KeyRing(settings.data).now, sender)
        with OutboundWorker(store, [channel], pauses_s=PAUSES_S, lease_ms=LEASE_MS, look_every_s=0.05):
            threading.Event().wait()


if __name__ == "__main__":
    main()
