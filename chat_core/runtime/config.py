"""
Read the settings of the environment and `.env` into one frozen Config. Touches these, and the file of a key.

A bad value stops the start with one line that names the setting, without secrets.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chat_core.contract.errors import BadPayload
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.shards import MOST_SLOTS
from chat_core.domain.mail_address import parse_mail_address
from chat_core.runtime.brokers import BROKERS, DEFAULT, BrokerProfile
from chat_core.runtime.keys import portal_keys
from chat_core.runtime.mail_servers import MailServer, parse_mail_server

PREFIX = "WATTLINE_"
SQLITE = "sqlite:///"
POSTGRES = "postgresql://"
ALL_CLIENTS = "all"  # of WATTLINE_TRACE
OFF = "off"
# Of Chrome and Edge on Android, Firefox, Edge on Windows, Safari; subdomains count.
PUSH_SERVICES = ("fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com")
SECRET_SETTINGS = frozenset({"portal_key", "db", "smtp_url", "imap_url"})  # URLs may contain a password

Port = Annotated[int, Field(ge=0, le=65535)]
Megabytes = Annotated[int, Field(ge=0, le=1_000_000_000)]

_RATE = re.compile(r"(?P<per_second>\d+(?:\.\d+)?)/s,(?P<burst>\d+)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
# libpq, "Connection URIs": # has no meaning, and ? has none before the @. Several hosts have commas between them, and a
# socket's folder is percent-encoded.
_POSTGRES_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^@:/?#,\[\]]*)(:\d{1,5})?"
_POSTGRES_URL = re.compile(
    rf"{POSTGRES}(?!.*%(?![0-9A-Fa-f]{{2}}))([^@/]*@)?{_POSTGRES_HOST}(,{_POSTGRES_HOST})*(/[^@/?]*)?(\?.*)?"
)


@dataclass(frozen=True)
class Rate:
    """Hold a sender's rate: `burst` at once, then `per_second`."""

    per_second: float
    burst: int

    def __str__(self) -> str:
        return f"{self.per_second:g}/s,{self.burst}"


def parse_rate(text: str) -> Rate | None:
    """Return the rate of `10/s,50` (10 a second, 50 at once), or None for `off`. Raises: ValueError, also for zeros."""
    if text.strip().lower() == "off":
        return None
    found = _RATE.fullmatch(text.replace(" ", ""))
    if not found:
        raise ValueError("write it as 10/s,50 (10 a second, 50 at once) or off")
    rate = Rate(float(found["per_second"]), int(found["burst"]))
    if rate.per_second <= 0 or rate.burst < 1:
        raise ValueError("a rate must let something through; write off for no limit")
    return rate


def _read_rate(value: object) -> object:
    return parse_rate(value) if isinstance(value, str) else value


def _read_switch(value: object) -> object:
    if not isinstance(value, str):
        return value
    known = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
    if value.strip().lower() not in known:
        raise ValueError("write on or off")
    return known[value.strip().lower()]


def _read_list(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Switch = Annotated[bool, BeforeValidator(_read_switch)]
Parts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_read_list)]


def _check_broker(name: str) -> str:
    if name not in BROKERS:
        raise ValueError(f"write {' or '.join(BROKERS)}")
    return name


def _check_database(url: str) -> str:
    if url and not url.startswith((SQLITE, POSTGRES)):
        raise ValueError("write it as sqlite:///path or postgresql://user:password@host/name")
    if url.startswith(POSTGRES) and not _POSTGRES_URL.fullmatch(url):
        raise ValueError(
            "write it as postgresql://user:password@host:port/name; in user and password write % as %25, / as %2F"
            " and @ as %40"
        )
    return url


def _check_host(host: str) -> str:
    if not _HOST.fullmatch(host):
        try:
            ipaddress.ip_address(host)
        except ValueError as err:
            raise ValueError("write an IP address or a host name") from err
    return host


def _read_hosts(value: object) -> object:
    hosts = _read_list(value)
    if isinstance(value, str) and not hosts:
        raise ValueError("write an IP address or a host name, or several with commas between")
    return hosts


def _check_websocket_url(url: str) -> str:
    if url.startswith("/") and not url.startswith("//"):
        return url  # a path: browsers resolve it against the page's origin
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("write it as ws://host:port/path, wss://host/path or /path")
    return url


def _is_origin(address: str, *schemes: str) -> bool:
    """Return whether the address consists of scheme, host and perhaps a port only."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
    return known and "@" not in parts.netloc and address == f"{parts.scheme}://{parts.netloc}"


def _read_page_url(url: str) -> str:
    address = url.rstrip("/").lower()
    if not _is_origin(address, "http", "https"):
        raise ValueError("write it as https://chat.example, or http://host:port: the pages' address, without a path")
    return address


def _read_broker_url(url: str) -> str:
    address = url.rstrip("/").lower()
    if not _is_origin(address, "mqtt", "mqtts"):
        raise ValueError("write it as mqtts://chat.example or mqtt://host:port, without a path")
    return address


def _read_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if not _is_origin(origin, "http", "https"):
            raise ValueError(f"{origin!r} is not an origin; write it as https://portal.example, without a path")
    return tuple(origin.lower() for origin in origins)


def _read_push_services(services: tuple[str, ...]) -> tuple[str, ...]:
    if services == (OFF,):
        return ()
    for service in services:
        if not (_HOST.fullmatch(service) or _is_origin(service, "http", "https")):
            raise ValueError(f"{service!r} is no host such as fcm.googleapis.com; write hosts, or off")
    return tuple(service.lower() for service in services)


def _check_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as err:
            raise ValueError(f"{network!r} is neither an IP address nor a network such as 172.16.0.0/12") from err
    return networks


def _check_clients(clients: tuple[str, ...]) -> tuple[str, ...]:
    for client in clients:
        if client != ALL_CLIENTS and not (is_id(client) and role_of(client) is Role.CLIENT):
            raise ValueError(f"{client!r} is no client's id; write c-42, several with commas between them, or all")
    return clients


def _read_key(key: str) -> str:
    """Return the key, or the content of the file that it names after an `@`."""
    if not key.startswith("@"):
        return key
    try:
        return Path(key[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as err:
        raise ValueError(f"the file {key[1:]} cannot be read") from err


def _check_smtp(url: str) -> str:
    parse_mail_server(url, "smtp")
    return url


def _check_imap(url: str) -> str:
    parse_mail_server(url, "imap")
    return url


def _check_mail_address(address: str) -> str:
    try:
        return parse_mail_address(address)
    except BadPayload as err:
        raise ValueError(err.text) from err


def _read_link(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as https://portal.example/support, the page where your clients chat")
    return url


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise ValueError("write a time zone such as Europe/Bucharest") from err
    return name


def _read_file_path(path: Path) -> Path:
    if not path.is_file():
        raise ValueError("there is no such file")
    return path.absolute()


def _read_folder_path(path: Path) -> Path:
    return path.expanduser().absolute()


Host = Annotated[str, AfterValidator(_check_host)]
Hosts = Annotated[tuple[Host, ...], NoDecode, BeforeValidator(_read_hosts)]
MailAddress = Annotated[str, AfterValidator(_check_mail_address)]
ReadableFile = Annotated[Path, AfterValidator(_read_file_path)]


class Config(BaseModel):
    """Hold every setting of the product (docs/operating.md#settings), checked and frozen."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    data: Annotated[Path, AfterValidator(_read_folder_path)] = Field(default=Path("data"), validate_default=True)
    db: Annotated[str, AfterValidator(_check_database)] = Field(default="", repr=False)
    broker: Annotated[str, AfterValidator(_check_broker)] = DEFAULT
    bind: Host = "127.0.0.1"
    http_port: Port = 3001
    url: Annotated[str, AfterValidator(_read_page_url)] | None = None  # where people reach the pages
    mqtt_host: Hosts = ()  # of a running broker; none: `up` starts one
    mqtt_port: Port = 1883
    mqtt_url: Annotated[str, AfterValidator(_read_broker_url)] | None = (
        None  # where devices and scripts reach the broker
    )
    ws_port: Port = 9001
    ws_url: Annotated[str, AfterValidator(_check_websocket_url)] | None = None
    auth_host: Hosts = ()  # where RabbitMQ reaches `python -m broker`; one for each node, or one for all
    auth_port: Port = 3002
    api_port: Port = 15672  # RabbitMQ's management API
    rate: Annotated[Rate | None, NoDecode, BeforeValidator(_read_rate)] = Rate(10, 50)
    address_connections: int = Field(default=1_000, ge=1, le=1_000_000)  # to the embedded broker, from one address
    trusted_proxies: Annotated[Parts, AfterValidator(_check_networks)] = ("127.0.0.1", "::1")
    office_networks: Annotated[Parts, AfterValidator(_check_networks)] = ()  # of which web limits no address
    outbound_networks: Annotated[Parts, AfterValidator(_check_networks)] = ()  # not public, where webhooks may go
    portal_origins: Annotated[Parts, AfterValidator(_read_origins)] = ()
    push_services: Annotated[Parts, AfterValidator(_read_push_services)] = PUSH_SERVICES
    push_words: Switch = False  # whether notifications contain names of clients and words
    portal_key: Annotated[str, AfterValidator(_read_key)] | None = Field(default=None, repr=False)
    portal_alg: Literal["HS256", "RS256", "ES256"] = "HS256"
    guests: Switch = True
    guests_per_s: int = Field(default=100, ge=0, le=10**6)  # messages of all guests together; 0: no limit
    tz: Annotated[str, AfterValidator(_check_zone)] = "Europe/Bucharest"
    answer_target: int = Field(default=5, ge=1, le=1440)  # minutes
    files_client_mb: Megabytes = 100  # of files a day; 0: no limit
    files_agent_mb: Megabytes = 2_000
    files_address_mb: Megabytes = 1_000
    files_guests_mb: Megabytes = 4_000
    files_total_mb: Megabytes = 50_000
    words_guest_kb: int = Field(default=400, ge=0, le=10**9)  # of messages a day; 0: no limit
    words_guests_mb: Megabytes = 200
    words_client_mb: Megabytes = 20
    free_mb: Megabytes = 256  # must stay free on the disk; see chat_core.runtime.free_space
    tls_cert: ReadableFile | None = None
    tls_key: ReadableFile | None = None
    tls_ca: ReadableFile | None = None
    smtp_url: Annotated[str, AfterValidator(_read_key), AfterValidator(_check_smtp)] | None = Field(
        default=None, repr=False
    )
    imap_url: Annotated[str, AfterValidator(_read_key), AfterValidator(_check_imap)] | None = Field(
        default=None, repr=False
    )
    mail_from: MailAddress | None = None
    mail_reply: MailAddress | None = None  # of the mailbox at imap_url; replies go to it with +token
    mail_link: Annotated[str, AfterValidator(_read_link)] | None = None  # where clients chat; None: url
    mail_after_s: int = Field(default=300, ge=0, le=86_400)
    mail_ca: ReadableFile | None = None
    dkim_key: ReadableFile | None = None
    dkim_selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,63}$")] | None = None
    trace: Annotated[Parts, AfterValidator(_check_clients)] = ()  # whose messages' ids are logged
    slots: int = Field(default=1, ge=1, le=MOST_SLOTS)  # sessions of the bridges, which share the clients' shards
    rules: Switch = True  # whether `up` starts the bot of automatic answers
    demo: Switch = False

    @model_validator(mode="before")
    @classmethod
    def _default_database(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("db"):
            data = Path(values.get("data") or "data").expanduser().absolute()
            return {**values, "db": f"{SQLITE}{data}/chats.db"}
        return values

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("WATTLINE_TLS_CERT and WATTLINE_TLS_KEY: set both or neither")
        if self.portal_key is not None:
            try:
                portal_keys(self.portal_alg, self.portal_key)
            except ValueError as err:
                raise ValueError(f"WATTLINE_PORTAL_KEY: {err}") from err
        if self.slots > 1 and not self.may_share:
            raise ValueError("WATTLINE_SLOTS: more than 1 needs PostgreSQL, and Mosquitto or RabbitMQ")
        self._check_mail()
        return self

    def _check_mail(self) -> None:
        if self.smtp_url is not None and (self.mail_from is None or self.url is None):
            raise ValueError("WATTLINE_SMTP_URL: set WATTLINE_MAIL_FROM and WATTLINE_URL too, for sender and links")
        if self.imap_url is not None and (self.smtp_url is None or self.mail_reply is None):
            raise ValueError("WATTLINE_IMAP_URL: set WATTLINE_SMTP_URL and WATTLINE_MAIL_REPLY, the mailbox's address")
        if self.mail_reply is not None and self.imap_url is None:
            raise ValueError("WATTLINE_MAIL_REPLY: set WATTLINE_IMAP_URL too, else nobody reads the replies")
        if (self.dkim_key is None) != (self.dkim_selector is None):
            raise ValueError("WATTLINE_DKIM_KEY and WATTLINE_DKIM_SELECTOR: set both or neither")

    @property
    def smtp_server(self) -> MailServer | None:
        """Return the server that sends mail; None while mail is off."""
        return None if self.smtp_url is None else parse_mail_server(self.smtp_url, "smtp")

    @property
    def imap_server(self) -> MailServer | None:
        """Return the server whose mailbox is read; None where replies are not read."""
        return None if self.imap_url is None else parse_mail_server(self.imap_url, "imap")

    @property
    def may_share(self) -> bool:
        """Return whether database and broker are such that several bridges can share the work."""
        return not self.db.startswith(SQLITE) and self.broker_profile.takes_slots

    @property
    def broker_profile(self) -> BrokerProfile:
        """Return the broker's profile."""
        return BROKERS[self.broker]

    @property
    def run_dir(self) -> Path:
        """Return the folder in which the running processes exchange ports and locks."""
        return self.data / "run"

    @property
    def written_folders(self) -> tuple[Path, ...]:
        """Return the folders whose disks must have space: the data folder and, on SQLite, the database's."""
        database = [Path(self.db.removeprefix(SQLITE)).parent] if self.db.startswith(SQLITE) else []
        return tuple(dict.fromkeys([self.data, *database]))

    @property
    def tls(self) -> bool:
        """Return whether the broker uses TLS: ours if it has a certificate, a running one if its CA is set."""
        return self.tls_cert is not None if self.own_broker else self.tls_ca is not None

    @property
    def own_broker(self) -> bool:
        """Return whether `wattline up` starts the broker, instead of connecting to a running one."""
        return not self.mqtt_host

    @property
    def broker_hosts(self) -> tuple[str, ...]:
        """Return the hosts at which this machine reaches the broker. The first is told to others."""
        return self.mqtt_host or (self.near_host,)

    @property
    def near_host(self) -> str:
        """Return the address at which this machine reaches listeners on `bind`."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind, self.bind)


class _Environment(BaseSettings, Config):
    """Read Config's fields from the environment and `.env`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
    )


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Return the settings of the environment and `.env`, or of the mapping. Raises: SystemExit with one line."""
    try:
        if environ is None:
            return Config.model_validate(_Environment().model_dump())
        names = {PREFIX + field.upper(): field for field in Config.model_fields}
        return Config.model_validate({names[k.upper()]: v for k, v in environ.items() if v and k.upper() in names})
    except ValidationError as err:
        raise SystemExit("wattline: " + "; ".join(_explain(dict(error)) for error in err.errors())) from None


def _explain(error: dict[str, Any]) -> str:
    text = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return text
    field = str(error["loc"][0])
    shown = "" if field in SECRET_SETTINGS else f"={str(error['input'])!r}"
    return f"{PREFIX}{field.upper()}{shown}: {text}"
