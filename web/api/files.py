"""
Serve POST /api/clients/<client>/files and GET /api/files/<file>.

An upload is no message. Its sender then publishes a `file` over MQTT, which the bridge checks against the row made
here. The bytes are on disk before the row is in the database.
"""

import hashlib
from functools import partial
from typing import Final

from flask import Blueprint, Response, request, send_file
from werkzeug.exceptions import RequestEntityTooLarge

from chat_core.contract.errors import NotAllowed, NotFound, TooLarge, WrongState
from chat_core.contract.ids import Role, check_id, is_guest
from chat_core.contract.payloads import File
from chat_core.contract.policy import Identity
from chat_core.contract.scopes import Scope
from chat_core.runtime.file_folder import new_file_id
from chat_core.store.results import StoredFile
from web import auth, uploads
from web.api.contract import FILES, REFUSALS, Answers, respond, spec
from web.api.schemas import FileAsk, Problem, UploadAsk
from web.api_keys import scoped
from web.app_context import app_context
from web.limits import address
from web.security import CSP

DAY_MS: Final = 86_400_000
SWEPT_AT_ONCE: Final = 20
UNSAID_FOR_MS: Final = DAY_MS  # an upload may wait so long for its message: its sender may be offline
CACHE: Final = "private, max-age=3600"  # short, so that an erased file leaves the reader's disk too
SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

routes: Final = Blueprint("files", __name__)


@routes.post("/api/clients/<client>/files")
@scoped(Scope.WRITE)
@spec.validate(
    tags=[FILES],
    resp=Answers(
        HTTP_200=File,
        **REFUSALS,
        HTTP_409=Problem,
        HTTP_413=Problem,
        HTTP_415=Problem,
        HTTP_422=Problem,
        HTTP_429=Problem,
        HTTP_507=Problem,
    ),
)
def upload_file(client: str, query: UploadAsk) -> Response:
    """
    Store the raw body, once per (client, sender, id), and return the file's part of the message.

    A retry with the same id gets the same answer.
    """
    sender = _uploader(client)
    known = app_context().store.files.find_upload(client, sender.id, query.id)
    if known is None:
        app_context().free_space.check()
        app_context().limits.spend_upload(sender.id)
    content = _body()
    digest = hashlib.sha256(content).hexdigest()
    if known is not None and known.sha256 != digest:
        raise WrongState("Another file was sent under this id already; take a new id.", why="id_used")
    if known is None:
        known = store_upload(client, sender, query, content, digest, address())
        _sweep()
    return respond(said_of(known))


def _uploader(client: str) -> Identity:
    """Return who uploads: the client, or a desk member for a known client. Raises: NotAllowed, NotFound."""
    identity = auth.reader_of(client)
    if identity.role not in (Role.CLIENT, Role.AGENT, Role.BOT):
        raise NotAllowed("Only clients and agents send files.")
    if identity.role is not Role.CLIENT and app_context().store.registry.find_client(client) is None:
        raise NotFound(f"There is no client {client}.")
    return identity


def _body() -> bytes:
    request.max_content_length = uploads.MAX_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as err:
        raise TooLarge("A file may have 10 MB at most. Send a smaller one, or a part of it.") from err


def store_upload(
    client: str, sender: Identity, query: UploadAsk, content: bytes, digest: str, address: str
) -> StoredFile:
    """Store a file by the rules of uploads. Args: address: where it came from. Raises: WrongType, TooFast, DiskLow …"""
    quotas = app_context().quotas
    charge = quotas.charge(sender, address)
    quotas.check(charge, len(content), app_context().now_ms())
    # One person can be many guests: guests of one address share the turns of one person.
    whose = address if is_guest(sender.id) else sender.id
    made = uploads.make(content, query.name, partial(app_context().decoders.decode, sender=whose))
    file = StoredFile(
        id=new_file_id(),
        client=client,
        sender=sender.id,
        upload=query.id,
        sha256=digest,
        name=made.name,
        type=made.type,
        size=len(made.content),
        width=made.width,
        height=made.height,
        at=app_context().now_ms(),
    )
    app_context().files.write(file.id, made.content, made.small)
    is_ours = False
    try:
        stored = app_context().store.files.add(file, tuple(charge), made.stored_bytes)
        is_ours = stored.id == file.id
    finally:
        if not is_ours:  # the store failed, or another request stored the same upload first
            app_context().files.remove([file.id])
    if is_ours:
        quotas.note(file.size)
    return stored


def said_of(file: StoredFile) -> File:
    """Return the file as its message names it."""
    return File(file=file.id, name=file.name, type=file.type, size=file.size, width=file.width, height=file.height)


def _sweep() -> None:
    """Delete some old uploads that no entry uses."""
    store, now_ms = app_context().store, app_context().now_ms()
    asked = store.files.unchecked(now_ms - UNSAID_FOR_MS, SWEPT_AT_ONCE)
    used = store.log.files_in_use(asked)
    store.files.note_checked(sorted(used), now_ms)
    gone = [id for id in asked if id not in used]
    store.files.remove(gone)
    app_context().files.remove(gone)


@routes.get("/api/files/<file>")
@scoped(Scope.READ)
@spec.validate(tags=[FILES], resp=Answers("HTTP_200", HTTP_404=Problem, **REFUSALS))
def show_file(file: str, query: FileAsk) -> Response:
    """
    Return the file's bytes: pictures inline unless asked otherwise, others as a download. For its client and the desk.

    Before its message is published, only its sender may read it.
    """
    asker = auth.asker(query.key).identity
    found = app_context().store.files.find(file)
    if found is None or not _may_see(asker, found):
        raise NotFound("There is no such file, or it is no longer here.")
    small = query.thumb is not None and app_context().files.path(found.id, small=True).is_file()
    path = app_context().files.path(found.id, small=small)
    if not path.is_file():
        raise NotFound("There is no such file, or it is no longer here.")
    answer = send_file(
        path,
        mimetype=uploads.SMALL_TYPE if small else found.type,
        as_attachment=query.download is not None or found.type not in uploads.PICTURES,
        download_name=found.name,
        etag=f"{found.id}{'s' if small else ''}",
        conditional=True,
    )
    answer.headers["Cache-Control"] = CACHE
    answer.headers[CSP] = SANDBOX
    # A portal's page shows it by its URL, which holds a key.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _may_see(asker: Identity, file: StoredFile) -> bool:
    if not auth.may_read(asker, check_id(file.client)) or not auth.reads_team_of(asker, file.client):
        return False
    return file.sender == asker.id or file.id in app_context().store.log.files_in_use([file.id])
