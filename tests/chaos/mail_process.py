"""Run what web does about mail, with short leases, until it is killed: `python -m tests.chaos.mail_process`."""

import threading

from chat_core.runtime import config
from chat_core.runtime.keys import KeyRing
from chat_core.store import Store
from web import create_app
from web.outbound.mail import MailChannel
from web.outbound.mail_inbox import MailInbox
from web.outbound.worker import OutboundWorker


def main() -> None:
    settings = config.load()
    with Store.open(settings) as store:
        app = create_app(settings, store, KeyRing(settings.data).now)
        worker = OutboundWorker(store, [MailChannel(app)], pauses_s=(0.2,), lease_ms=1_500)
        with worker, MailInbox(app, idle_s=0.1, pauses_s=(0.2,), lease_ms=1_500):
            threading.Event().wait()


if __name__ == "__main__":
    main()
