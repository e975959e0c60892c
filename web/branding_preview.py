"""Serve POST /brand/preview: the real widget with a branding that is not saved yet, for a frame of the board."""

import base64
import hashlib
import json
from typing import Any, Final

from flask import Blueprint, Response, request
from flask_babel import force_locale
from flask_babel import gettext as _
from pydantic import ValidationError

from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import MAX_PERSON_NAME
from chat_core.contract.kinds import SaidKind
from chat_core.contract.languages import LANGS
from chat_core.contract.payloads import AgentHere, DeskNotice, Entry, Origin, encode
from chat_core.contract.policy import Identity
from chat_core.domain.settings import Branding
from chat_core.domain.shown_names import shown_name
from web import auth
from web.app_context import AppContext, app_context
from web.branding import shown_of
from web.security import CSP

MAX_BYTES: Final = 400_000  # texts in each language, and a logo
THEMES: Final = ("light", "dark")
WELCOME, CHAT, LAUNCHER = SCREENS = ("welcome", "chat", "launcher")

SAMPLE: Final = "Maria"  # the client's first name, where a greeting has {name}
USUAL_OVER_MS: Final = 7 * 86_400_000  # as the bridge counts how long an answer takes
_CLIENT: Final = "c-preview"
_NEVER_MS: Final = 4_102_444_800_000  # 2100
_SESSION: Final = {
    "id": _CLIENT, "username": _CLIENT, "password": "", "ws_url": "ws://preview/", "expires": _NEVER_MS,
    "api_token": "", "api_expires": _NEVER_MS, "tz": "UTC",
}  # fmt: skip
_NOTHING_SAID: Final = {"entries": [], "last": 0, "first": 1, "epoch": "preview"}
_RULES: Final = "b-rules"  # as the bridge's automatic answers
_MINUTE_MS: Final = 60_000

# The widget gets no network and no storage: it signs nobody in, and leaves the browser's own conversation alone. The
# focus stays in the form beside it. In the network's place answers to sign-in and to the conversation, and a
# broker that grants every subscription and has one retained message (MQTT 3.1.1, 3.2 and 3.9): who is at the desk.
_ALONE: Final = """{
const answers=%s,desk=%s,bytes=text=>[...new TextEncoder().encode(text)];
self.fetch=url=>new Promise(done=>{
const found=Object.keys(answers).find(end=>new URL(url,location.href).pathname.endsWith(end));
if(found)done(new Response(answers[found],{headers:{"Content-Type":"application/json"}}))});
self.XMLHttpRequest=class{open(){}setRequestHeader(){}send(){}};
self.WebSocket=class{
static OPEN=1;
readyState=0;
constructor(){setTimeout(()=>{this.readyState=1;this.onopen?.({})})}
say(...packet){setTimeout(()=>this.onmessage?.({data:Uint8Array.from(packet).buffer}))}
send(data){
const packet=new Uint8Array(data),kind=packet[0]>>4;
if(kind===1)this.say(32,2,0,0);
if(kind===12)this.say(208,0);
if(kind!==8)return;
let at=packet.findIndex((byte,place)=>place>0&&byte<128)+1;
const id=[packet[at++],packet[at++]],granted=[];
while(at<packet.length){at+=packet[at]*256+packet[at+1]+2;granted.push(packet[at++])}
this.say(144,2+granted.length,...id,...granted);
const topic=bytes("notice/desk"),payload=bytes(desk),size=2+topic.length+payload.length;
this.say(49,size%%128+128,size>>7,0,topic.length,...topic,...payload)}
close(){this.readyState=3}};
HTMLElement.prototype.focus=()=>{};
Object.defineProperty(self,"indexedDB",{value:undefined});
Object.defineProperty(self,"localStorage",{value:{getItem:()=>null,setItem(){},removeItem(){}}});
}"""
# The line that says what is kept in memory only is left out, and the desk's state hangs over the head's edge as without
# that line. The build writes tokens of the widget as their values, so there is none to name.
_MORE: Final = (
    ".wl-line.wl-line{display:none}.wl-home-head.wl-home-head:has(+.wl-line) .wl-panel-here{margin-block-end:-16px}"
)
_CLAIMS: Final = base64.urlsafe_b64encode(json.dumps({"sub": _CLIENT, "name": SAMPLE}).encode()).decode().rstrip("=")
_IDENTITY: Final = f"e30.{_CLAIMS}.preview"
_READY: Final = """
document.addEventListener("wattline:ready",()=>{
document.querySelector("wattline-chat").dataset.theme=%s;
if(%s)self.Wattline.open()});
"""
_PAGE: Final = """<!doctype html>
<html lang="{lang}" data-theme="{theme}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="{theme}">
<title>Preview</title>
<body>
<script>{script}</script>
<script src="/widget.js" data-lang="{lang}" data-identity="{identity}" async></script>
</body>
</html>
"""

_ERROR_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)

pages: Final = Blueprint("branding_preview", __name__)


@pages.url_value_preprocessor
def _raise_limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let the body be this long. Flask calls this before any before_request: there the CSRF check reads the form."""
    request.max_content_length = request.max_form_memory_size = MAX_BYTES


@pages.after_request
def _let_frame(response: Response) -> Response:
    """Let the board's frame show the page, also the page of an error."""
    response.headers.setdefault(CSP, _ERROR_POLICY)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@pages.post("/brand/preview")
def show_preview() -> Response:
    """Return a page with the widget: in a language and a theme; at its welcome, in a chat, or closed. For agents."""
    member, here = auth.desk_member(), app_context()
    asked = request.form
    lang = asked.get("lang") if asked.get("lang") in LANGS else LANGS[0]
    theme = asked.get("theme") if asked.get("theme") in THEMES else THEMES[0]
    screen = asked.get("screen") if asked.get("screen") in SCREENS else LAUNCHER
    try:
        value = Branding.model_validate_json(asked.get("value", ""))
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        raise BadPayload(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    shown = shown_of(0, value)
    logo = f"data:{shown.logo_type};base64,{base64.b64encode(shown.logo).decode()}" if shown.logo else None
    agent = _agent_here(here, member)
    with force_locale(lang):
        said = _conversation(here.now_ms(), agent) if screen == CHAT else _NOTHING_SAID
    answers = {"/api/session": json.dumps(_SESSION), "/log": json.dumps(said)}
    script = (
        _ALONE % (_in_script(answers), _in_script(_desk_notice(here, agent)))
        + shown.script(logo, more=_MORE)
        + _READY % (json.dumps(theme), json.dumps(screen != LAUNCHER))
    )
    page = Response(_PAGE.format(lang=lang, theme=theme, script=script, identity=_IDENTITY), mimetype="text/html")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page.headers[CSP] = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )
    return page


def _in_script(value: Any) -> str:
    """Return a JSON value as JavaScript that no HTML parser takes for markup."""
    return json.dumps(value).replace("<", "\\u003c")


def _agent_here(here: AppContext, member: Identity) -> AgentHere | None:
    """Return whoever looks at the preview as clients see this agent."""
    agent = here.store.registry.find_agent(member.id)
    return AgentHere(id=agent.id, name=shown_name(agent.name)[:MAX_PERSON_NAME]) if agent else None


def _desk_notice(here: AppContext, agent: AgentHere | None) -> str:
    """Return the notice that clients get while this agent is alone at the desk."""
    now_ms = here.now_ms()
    usual_ms = here.store.answer_times.usual_ms(now_ms - USUAL_OVER_MS, now_ms)
    notice = DeskNotice(
        open=True,
        online=1,
        agents=[agent] if agent else [],
        roll="preview",
        next=None,
        reply_s=None if usual_ms is None else round(usual_ms / 1000),
    )
    return encode(notice).decode()


def _conversation(now_ms: int, agent: AgentHere | None) -> dict[str, Any]:
    """Return the log of a sample: a question, an automatic answer, and this agent's reply, all read."""
    said: list[tuple[str, str, Origin | None]] = [
        (_CLIENT, _("Why was my last bill higher?"), None),
        (_RULES, _("Thank you for your message. A person replies here."), Origin.ANSWER),
    ]
    if agent:
        said.append((agent.id, _("Hello %(name)s, I am looking at your readings.", name=SAMPLE), None))
    entries = [
        Entry(
            seq=seq,
            id=f"preview-{seq}",
            sender=sender,
            at=now_ms - (len(said) + 1 - seq) * _MINUTE_MS,
            kind=SaidKind.TEXT,
            text=str(text),
            origin=origin,
        )
        for seq, (sender, text, origin) in enumerate(said, start=1)
    ]
    last = len(entries)
    readers = [_CLIENT, *([agent.id] if agent else [])]
    return {
        **_NOTHING_SAID,
        "entries": [json.loads(encode(entry)) for entry in entries],
        "last": last,
        "markers": {reader: {"delivered": last, "read": last} for reader in readers},
        "names": {agent.id: agent.name} if agent else {},
    }
