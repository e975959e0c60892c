"""
Serve the links of mails: /mail/confirm/<token> and /mail/stop/<token>.

Mail programs and scanners open links, so only a POST acts. The address's token allows it; no cookie counts.
"""

import structlog
from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from chat_core.contract.changes import ChangeKind
from chat_core.domain.mail_address import masked
from chat_core.store.mail_addresses import MailAddress
from web.app_context import app_context
from web.outbound.mail import LINK_MS, unread_of
from web.problems import page

pages = Blueprint("mail_pages", __name__)
log = structlog.get_logger("web")


@pages.get("/mail/confirm/<token>")
def show_confirm(token: str) -> Response:
    """Show the button that verifies an address."""
    app_context().limits.spend_setup()
    row = _to_confirm(token)
    if row is None or row.address is None:
        return _link_is_over()
    if row.verified is not None:
        return _done()
    text = _("Answers from support go to %(address)s once you confirm.", address=masked(row.address))
    return _shown(_("Confirm your e-mail address"), text, _("Confirm this address"))


@pages.post("/mail/confirm/<token>")
def do_confirm(token: str) -> Response:
    """Verify the address; what is unread now goes there too."""
    app_context().limits.spend_setup()
    here = app_context()
    row = _to_confirm(token)
    if row is None:
        return _link_is_over()
    if row.verified is None:
        now_ms = here.now_ms()
        here.store.deliveries.add([unread_of(row, now_ms, here.config.mail_after_s * 1000)])
        here.store.registry.mail_addresses.confirm(row.ref, now_ms)
        here.store.registry.changes.announce(ChangeKind.CLIENT, {"client": row.client}, now_ms)
        log.info("mail_address_verified", client=row.client)
    return _done()


def _to_confirm(token: str) -> MailAddress | None:
    """Return the row of the link; None for one forged, replaced, unsubscribed, or older than 48 hours and unused."""
    here = app_context()
    ref = here.mail_tokens.read_confirmation(token)
    row = None if ref is None else here.store.registry.mail_addresses.find_ref(ref)
    if row is None or row.address is None:
        return None
    if here.store.registry.mail_addresses.is_stopped(here.mail_tokens.mark_of(row.address)):
        return None
    return row if row.verified is not None or here.now_ms() < row.asked + LINK_MS else None


def _done() -> Response:
    text = _("Answers that you have not read on screen reach you by e-mail. You can close this page.")
    return _shown(_("Your address is confirmed"), text)


def _link_is_over() -> Response:
    text = _("This link has expired or was replaced by a newer one. Give your address in the chat again.")
    return page(404, text, title=_("This link is no longer valid"), picture="clock")


@pages.get("/mail/stop/<token>")
def show_stop(token: str) -> Response:
    """Show the button that ends all mail to an address."""
    if app_context().mail_tokens.read_stop(token) is None:
        return _link_is_wrong()
    text = _("No more e-mail from our support goes to your address, for good.")
    return _shown(_("End e-mail from support?"), text, _("Unsubscribe"))


@pages.post("/mail/stop/<token>")
def do_stop(token: str) -> Response:
    """End all mail to the address: by the page's button, or by a mail program's own (RFC 8058)."""
    here = app_context()
    mark = here.mail_tokens.read_stop(token)
    if mark is None:
        return _link_is_wrong()
    here.store.registry.mail_addresses.stop(mark, here.now_ms())
    log.info("mail_unsubscribed")
    return _shown(_("You have unsubscribed"), _("We send no more e-mail to this address."))


def _link_is_wrong() -> Response:
    return page(404, _("This link is incomplete. Copy it whole from the e-mail."), title=_("This link is not valid"))


def _shown(title: str, text: str, button: str | None = None) -> Response:
    answer = Response(render_template("mail_link.html", title=title, text=text, button=button))
    answer.headers["Referrer-Policy"] = "strict-origin"  # the address is a secret; a form needs its origin
    return answer
