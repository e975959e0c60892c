"""Two web processes behind a real nginx, as docs/operating.md#web-on-several-hosts arranges them."""

import re
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.contract.stores import StoreUnderTest
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import PASSWORD, sign_in
from tests.real.nginx import BROKER, COMMITTED, LISTEN, Nginx
from tests.real.parts import REPOSITORY
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until
from web.limits import SIGN_IN_ADDRESS, SIGN_IN_PAIR

OPERATING = (REPOSITORY / "docs" / "operating.md").read_text(encoding="utf-8")
UPSTREAM = re.compile(r"^    upstream web \{\n.*?^    \}\n", re.DOTALL | re.MULTILINE)


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Let the test see the redirect."""


class HttpBrowser:
    """Keep cookies; answer each request with its status and text."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(StayHere(), urllib.request.HTTPCookieProcessor(self.cookies))

    def at(self, url: str) -> "HttpBrowser":
        """The same browser, with its cookies, at another address."""
        other = HttpBrowser(url)
        other._opener = self._opener
        return other

    def ask(self, path: str, **form: str) -> tuple[int, str]:
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self._opener.open(urllib.request.Request(self.url + path, data), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def token(self, page: str) -> str:
        """The CSRF token of the page's form."""
        found = re.search(r'name="csrf-token" content="([^"]+)"|name="csrf_token" value="([^"]+)"', self.ask(page)[1])
        assert found
        return found[1] or found[2]

    def send(self, path: str, page: str, **form: str) -> int:
        """Send the form of the page."""
        return self.ask(path, csrf_token=self.token(page), **form)[0]

    def new_guest(self) -> int:
        """Ask for a new guest's credentials."""
        asked = urllib.request.Request(f"{self.url}/api/session", b"{}", {"Content-Type": "application/json"})
        try:
            with self._opener.open(asked, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code

    def sign_in(self, account: str, password: str = PASSWORD) -> int:
        return self.send("/login", "/login", id=account, password=password)


@dataclass
class Hosts:
    data: Path
    db: str
    webs: tuple[ProductProcess, ...]
    nginx: Nginx

    @property
    def urls(self) -> list[str]:
        """The addresses of the processes, without nginx."""
        return [f"http://localhost:{web.port('http')}" for web in self.webs]

    def browser(self) -> HttpBrowser:
        return HttpBrowser(f"http://localhost:{self.nginx.port}")

    def cli(self, *arguments: str, stdin: str = "") -> str:
        return run_cli(self.data, *arguments, stdin=stdin, settings={"WATTLINE_DB": self.db})

    def add_agent(self, id: str) -> None:
        self.cli("agent", "add", id, "--name", id, "--password-stdin", stdin=PASSWORD)


def documented_nginx(ports: list[int]) -> Nginx:
    """The committed configuration with the documented upstream, whose hosts are these ports of this machine."""
    [upstream] = UPSTREAM.findall(OPERATING)
    servers = iter(ports)
    upstream = re.sub(r"server \S+:3001", lambda _: f"server 127.0.0.1:{next(servers)}", upstream)
    assert next(servers, None) is None
    template = UPSTREAM.sub(upstream, COMMITTED.read_text()).replace(BROKER, "server 127.0.0.1:9;")
    office = {"offices/test.map": '"127.0.0.1" "";\n'}
    return Nginx(lambda port: template.replace(LISTEN, f"listen 127.0.0.1:{port};"), office)


@pytest.fixture
def hosts(place: StoreUnderTest, tmp_path: Path) -> Iterator[Hosts]:
    """Each process has a data folder of its own, with the first one's keys; on SQLite both open one file."""
    folders = [tmp_path / "one", tmp_path / "two"]
    folders[0].mkdir()
    broker = {"WATTLINE_MQTT_PORT": "1883", "WATTLINE_WS_PORT": "9001"}  # for credentials, which nobody uses here
    settings = {"WATTLINE_DB": place.db, "WATTLINE_RATE": "off", **broker}
    run_cli(folders[0], "migrate", settings=settings)
    run_cli(folders[0], "agent", "add", "a-ana", "--name", "Ana", "--password-stdin", stdin=PASSWORD, settings=settings)
    run_cli(folders[0], "token", "a-ana", settings=settings)  # makes the keys
    [commands] = re.findall(r"^## Web on several hosts$.*?^```sh\n(.*?)^```$", OPERATING, re.DOTALL | re.MULTILINE)
    subprocess.run(["sh", "-ec", commands], cwd=tmp_path, check=True)
    with ExitStack() as running:
        webs = tuple(
            running.enter_context(ProductProcess("web", folder, settings=settings, at_once=True)) for folder in folders
        )
        nginx = running.enter_context(documented_nginx([web.port("http") for web in webs]))
        yield Hosts(folders[0], place.db, webs, nginx)


def counted(url: str, what: str) -> int:
    """Return a number of this process's metrics; 0 while nothing is counted, or nobody answers."""
    try:
        text = HttpBrowser(url).ask("/metrics")[1]
    except OSError:
        return 0
    found = re.search(rf"^{re.escape(what)} (\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0


@pytest.mark.timeout(120)
def test_guessing_is_stopped_as_by_one_process(hosts: Hosts) -> None:
    """Through both processes as many wrong passwords get an answer as through one; each process has seen some."""
    limit = int(SIGN_IN_PAIR[0].partition("/")[0])
    answers = []
    for _ in range(limit + 2):
        browser = hosts.browser()
        browser.ask("/healthz")  # an odd number of requests each time, so that the processes take turns
        answers.append(browser.sign_in("a-ana", "wrong"))
    assert answers == [403] * limit + [429] * 2
    assert [HttpBrowser(url).sign_in("a-ana") for url in hosts.urls] == [429] * 2
    seen = [counted(url, 'wattline_web_sign_ins_total{outcome="wrong"}') for url in hosts.urls]
    assert sum(seen) == limit and min(seen) > 0


@pytest.mark.timeout(120)
def test_a_sign_in_ends_everywhere_at_once(hosts: Hosts) -> None:
    """A sign-in made through nginx is good at both processes; signed out at one, it is over at the other."""
    one, two = hosts.urls
    for everywhere in ("", "1"):
        browser = hosts.browser()
        assert browser.sign_in("a-ana") == 303
        assert [browser.at(url).ask("/api/inbox")[0] for url in (one, two)] == [200, 200]
        stolen = HttpBrowser(two)
        for cookie in list(browser.cookies):
            stolen.cookies.set_cookie(cookie)
        assert stolen.ask("/api/inbox")[0] == 200
        assert browser.at(one).send("/logout", "/board", everywhere=everywhere) == 303
        assert stolen.ask("/api/inbox")[0] == 401


@pytest.mark.timeout(120)
def test_a_one_time_link_works_once(hosts: Hosts) -> None:
    """Of two browsers that use a link at the same moment, at two processes, one sets the password."""
    path = urllib.parse.urlsplit(hosts.cli("agent", "add", "a-new", "--name", "New").split()[-1]).path
    assert path.startswith("/setup/")
    together = threading.Barrier(2)

    def use(url: str) -> int:
        browser = HttpBrowser(url)
        token = browser.token(path)
        together.wait(10)
        return browser.ask(path, csrf_token=token, password=PASSWORD, again=PASSWORD)[0]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, hosts.urls)) == [303, 404]
    assert [HttpBrowser(url).ask(path)[0] for url in hosts.urls] == [404, 404]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_a_rolling_restart_refuses_nobody(hosts: Hosts) -> None:
    """While the processes restart one after the other, everybody who asks for credentials gets them."""
    over, urls = threading.Event(), hosts.urls

    def ask() -> list[int]:
        browser, answers = hosts.browser(), []
        while not over.is_set():
            answers.append(browser.new_guest())
        return answers

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for web, url in zip(hosts.webs, urls, strict=True):
                granted = 'wattline_web_sessions_total{kind="new_guest"}'
                wait_until(lambda: counted(url, granted) > 5, 40)  # noqa: B023
                assert web.child.stop() == 0
                web.restart()
                wait_until(lambda: counted(url, granted) > 5, 40, why=web.log)  # noqa: B023
        finally:
            over.set()
        answers = [status for one in asking for status in one.result()]
    assert set(answers) == {200} and len(answers) > 20


def test_an_office_has_no_limit_by_address(start_web: StartWeb) -> None:
    """Behind an address of WATTLINE_OFFICE_NETWORKS everybody signs in at once; guesses on one account still end."""
    system = start_web(office_networks="10.9.0.0/16")
    system.add_agent("a-ana")
    office, home = {"REMOTE_ADDR": "10.9.0.1"}, {"REMOTE_ADDR": "10.8.0.1"}
    limit, pair = (int(rules[0].partition("/")[0]) for rules in (SIGN_IN_ADDRESS, SIGN_IN_PAIR))
    for n in range(limit):
        assert sign_in(system.browser(), f"a-{n}", "wrong", environ_base=home).status_code == 403
        assert sign_in(system.browser(), f"a-{n}", "wrong", environ_base=office).status_code == 403
    assert sign_in(system.browser(), "a-ana", environ_base=home).status_code == 429
    assert sign_in(system.browser(), "a-ana", environ_base=office).status_code == 303
    for _ in range(pair):
        sign_in(system.browser(), "a-ana", "wrong", environ_base=office)
    assert sign_in(system.browser(), "a-ana", environ_base=office).status_code == 429
