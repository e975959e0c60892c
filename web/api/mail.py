"""Serve /api/clients/<client>/mail, the address to which a client's unread answers go."""

from typing import Annotated, Final, Literal

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotAllowed, NotFound, WrongState
from chat_core.contract.ids import Role
from chat_core.domain.mail_address import masked, parse_mail_address
from chat_core.store.mail_addresses import MailAddress
from web import auth
from web.api.contract import CHAT, WROTE, answers, check_body, respond, spec
from web.api.schemas import Asked, Problem, ResponseBody
from web.app_context import app_context
from web.outbound.mail import verification_of

routes: Final = Blueprint("mail", __name__)
routes.before_request(check_body)

State = Literal["none", "waiting", "verified", "bounced", "stopped"]


class MailAsk(Asked):
    """Give the address for answers, or null to remove it."""

    address: Annotated[str, Field(min_length=3, max_length=254)] | None


class MailBody(ResponseBody):
    """
    Tell where unread answers go. `offered`: whether this Wattline sends mail.

    `state`: none; waiting for the link to be opened; verified; bounced (mail came back); stopped (unsubscribed).
    """

    offered: bool
    address: str | None
    state: State


@routes.get("/api/clients/<client>/mail")
@spec.validate(tags=[CHAT], resp=answers(MailBody))
def show_mail(client: str) -> Response:
    """Return where the client's unread answers go. For the client, and for the desk with the address masked."""
    is_own = auth.reader_of(client).role is Role.CLIENT
    return respond(mail_of(client, is_own=is_own))


@routes.put("/api/clients/<client>/mail")
@spec.validate(tags=[CHAT], resp=answers(MailBody, **WROTE, HTTP_422=Problem, HTTP_429=Problem))
def change_mail(client: str, json: MailAsk) -> Response:
    """
    Send a link to the address, after which unread answers go there; or remove it. For the client.

    Refused (409): `mail_off` while this Wattline sends no mail, `unsubscribed` for an address that wants none.
    """
    if auth.reader_of(client).role is not Role.CLIENT:
        raise NotAllowed("Only clients say where their answers go.")
    here = app_context()
    addresses, now_ms = here.store.registry.mail_addresses, here.now_ms()
    if here.store.registry.find_client(client) is None:
        raise NotFound(f"There is no client {client}.")
    if json.address is None:
        here.limits.spend_rename(client)
        addresses.remove(client, now_ms)
    else:
        if here.config.smtp_url is None:
            raise WrongState("This chat sends no e-mail.", why="mail_off")
        address = parse_mail_address(json.address)
        here.limits.spend_verification(client, address)
        if addresses.is_stopped(here.mail_tokens.mark_of(address)):
            raise WrongState("This address has unsubscribed from our e-mail. Give another one.", why="unsubscribed")
        row = addresses.ask(client, address, now_ms)
        if row.verified is None:
            here.store.deliveries.add([verification_of(row, now_ms)])
    here.store.registry.changes.announce(ChangeKind.CLIENT, {"client": client}, now_ms)  # for the boards
    return respond(mail_of(client, is_own=True))


def mail_of(client: str, *, is_own: bool) -> MailBody:
    """Return where the client's answers go. Args: is_own: show the address whole."""
    here = app_context()
    row = here.store.registry.mail_addresses.find(client)
    address = None if row is None else row.address
    return MailBody(
        offered=here.config.smtp_url is not None,
        address=address if address is None or is_own else masked(address),
        state="none" if row is None or address is None else _state_of(row, address),
    )


def _state_of(row: MailAddress, address: str) -> State:
    here = app_context()
    if here.store.registry.mail_addresses.is_stopped(here.mail_tokens.mark_of(address)):
        return "stopped"
    if row.bounced is not None:
        return "bounced"
    return "waiting" if row.verified is None else "verified"
