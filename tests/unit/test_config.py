"""Settings as an operator writes them."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from pydantic import ValidationError

from chat_core.runtime import config
from chat_core.runtime.config import Rate, parse_rate


def refusal(**settings: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        config.load({f"WATTLINE_{name.upper()}": value for name, value in settings.items()})
    line = str(stopped.value)
    assert "\n" not in line
    return line


def test_every_setting_has_a_default() -> None:
    """With nothing set, everything listens on loopback, on the ports of the documentation."""
    found = config.load({})
    assert (found.bind, found.http_port, found.mqtt_port, found.ws_port) == ("127.0.0.1", 3001, 1883, 9001)
    assert (found.broker, found.rate, found.guests, found.demo, found.own_broker) == (
        "embedded",
        Rate(10, 50),
        True,
        False,
        True,
    )
    assert found.data == Path.cwd() / "data"
    assert found.db == f"sqlite:///{found.data}/chats.db"


def test_database_lies_in_data(tmp_path: Path) -> None:
    """Another data folder takes the database along."""
    assert config.load({"WATTLINE_DATA": str(tmp_path)}).db == f"sqlite:///{tmp_path}/chats.db"


def test_empty_is_unset() -> None:
    """A setting that is there and empty, as compose files leave them, counts as not set."""
    assert config.load({"WATTLINE_MQTT_HOST": "", "WATTLINE_HTTP_PORT": ""}).http_port == 3001


def test_config_is_frozen() -> None:
    """Nothing changes a setting after the start."""
    with pytest.raises(ValidationError):
        config.load({}).http_port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", "10"),
        ("rate", "0/s,50"),
        ("rate", "10/s,0"),
        ("rate", "10/m,50"),
        ("http_port", "abc"),
        ("mqtt_port", "65536"),
        ("ws_port", "-1"),
        ("broker", "hive"),
        ("tz", "Mars/Olympus"),
        ("tz", "../../etc/passwd"),
        ("guests", "maybe"),
        ("bind", "not a host"),
        ("mqtt_host", "a/b"),
        ("mqtt_host", ","),
        ("ws_url", "http://x/mqtt"),
        ("url", "chat.example"),
        ("url", "ftp://chat.example"),
        ("url", "https://chat.example/chat"),
        ("url", "https://me@chat.example"),
        ("url", "https://chat.example:no"),
        ("mqtt_url", "https://chat.example"),
        ("mqtt_url", "mqtts://chat.example/mqtt"),
        ("ws_url", "//x/mqtt"),
        ("portal_origins", "https://a.example/path"),
        ("portal_origins", "https://a.example, *"),
        ("portal_alg", "none"),
        ("answer_target", "0"),
        ("tls_cert", "/does/not/exist"),
    ],
)
def test_bad_value_names_its_setting(name: str, value: str) -> None:
    """A bad value stops the start with one line that names the setting and shows the value."""
    line = refusal(**{name: value})
    assert f"WATTLINE_{name.upper()}={value!r}" in line


@pytest.mark.parametrize("name", ["db", "portal_key"])
def test_secret_value_is_not_shown(name: str) -> None:
    """A bad secret is named, never shown."""
    line = refusal(**{name: "mysql://hush"})
    assert f"WATTLINE_{name.upper()}" in line
    assert "hush" not in line
    assert "hush" not in repr(config.load({"WATTLINE_PORTAL_KEY": "hush" * 10}))


@pytest.mark.parametrize(
    "url",
    ["u:p#w@h/db", "u:p?w@h/db", "u:p[w@h/db", "u#x:p?x=y@h:5432,g:5433/d#b?sslmode=require", "h/db?password=p#w"],
)
def test_database_url_is_read_as_libpq_does(url: str) -> None:
    """A URL that libpq takes is taken, whatever signs its password has."""
    assert conninfo_to_dict(f"postgresql://{url}")["dbname"] in ("db", "d#b")
    assert config.load({"WATTLINE_DB": f"postgresql://{url}"}).db == f"postgresql://{url}"


@pytest.mark.parametrize("url", ["u:p%w@h/db", "u:p/w@h/db", "u:p@w@h/db", "u:p@h/db@x"])
def test_database_url_with_signs_to_write_otherwise(url: str) -> None:
    """A URL of which libpq would read another host or name is refused, and the line names the signs to write."""
    assert "/ as %2F and @ as %40" in refusal(db=f"postgresql://{url}")


def test_all_bad_values_are_named_at_once() -> None:
    """Two bad values are both named, still in one line."""
    line = refusal(tz="Mars", http_port="x")
    assert "WATTLINE_TZ" in line
    assert "WATTLINE_HTTP_PORT" in line


@given(st.floats(0.01, 1e6).map(lambda rate: round(rate, 2)), st.integers(1, 10**6))
def test_rate_reads_what_it_shows(per_second: float, burst: int) -> None:
    """A rate written out reads back as itself."""
    rate = Rate(per_second, burst)
    assert parse_rate(f"{per_second:.2f}/s,{burst}") == rate
    assert parse_rate("off") is None


def test_origins_are_a_list() -> None:
    """Origins are separated by commas, blanks around them do not count."""
    found = config.load({"WATTLINE_PORTAL_ORIGINS": "https://a.example, http://B.example:8080 ,"})
    assert found.portal_origins == ("https://a.example", "http://b.example:8080")


def test_tls_needs_both_files(tmp_path: Path) -> None:
    """A certificate without its key is refused."""
    (tmp_path / "cert.pem").write_text("x")
    line = refusal(tls_cert=str(tmp_path / "cert.pem"))
    assert "WATTLINE_TLS_CERT" in line
    assert "WATTLINE_TLS_KEY" in line


def test_broker_is_reached_by_tls(tmp_path: Path) -> None:
    """Our own broker speaks TLS with a certificate, a running one when its authority is given."""
    for name in ("cert", "key", "ca"):
        (tmp_path / name).write_text("x")
    own = {"WATTLINE_TLS_CERT": str(tmp_path / "cert"), "WATTLINE_TLS_KEY": str(tmp_path / "key")}
    running = {"WATTLINE_MQTT_HOST": "mq.example"}
    assert config.load(own).tls
    assert not config.load(running).tls
    assert config.load({**running, "WATTLINE_TLS_CA": str(tmp_path / "ca")}).tls


def test_portal_key_from_a_file(tmp_path: Path) -> None:
    """A portal's key may stand in a file, named with @."""
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert config.load({"WATTLINE_PORTAL_KEY": f"@{tmp_path / 'key'}"}).portal_key == "k" * 40
    assert "WATTLINE_PORTAL_KEY" in refusal(portal_key="@/does/not/exist")


def test_portal_key_fits_its_algorithm() -> None:
    """A short secret, a secret where a public key is due, and a broken key set are refused at the start."""
    assert "32 bytes" in refusal(portal_key="short")
    assert "WATTLINE_PORTAL_KEY" in refusal(portal_key="k" * 40, portal_alg="RS256")
    assert "WATTLINE_PORTAL_KEY" in refusal(portal_key=json.dumps({"keys": []}))


def test_environment_beats_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` in the working folder is read; the environment wins over it; what is not ours in it is left alone."""
    for name in [name for name in os.environ if name.startswith("WATTLINE_")]:
        monkeypatch.delenv(name)
    (tmp_path / ".env").write_text("WATTLINE_HTTP_PORT=4000\nWATTLINE_RATE=5/s,7\nOTHER=1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATTLINE_HTTP_PORT", "5000")
    found = config.load()
    assert (found.http_port, found.rate) == (5000, Rate(5, 7))


def test_own_listener_is_reached_on_loopback() -> None:
    """A listener on all addresses is reached by loopback."""
    assert config.load({"WATTLINE_BIND": "0.0.0.0"}).near_host == "127.0.0.1"
    assert config.load({"WATTLINE_BIND": "192.0.2.1"}).near_host == "192.0.2.1"
