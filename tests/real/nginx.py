"""Start a real nginx with a given configuration, and a temporary prefix for its relative paths."""

import shutil
import subprocess
from collections.abc import Callable, Mapping

from tests.real.parts import ATTEMPTS, REPOSITORY, Child, Server, find_program, free_port, short_dir

COMMITTED = REPOSITORY / "deploy" / "nginx.conf"
LISTEN, WEB, BROKER = "listen 3001;", "server web:3001;", "server broker:9001;"  # each occurs once


class Nginx(Server):
    """
    A running nginx that listens on `port`.

    Args: text: called with the port, returns the whole configuration; files: written beside it first, by relative path;
        port: 0 for any.
    """

    def __init__(self, text: Callable[[int], str], files: Mapping[str, str] | None = None, port: int = 0) -> None:
        self.program = find_program("nginx", "nginx-light")
        self.prefix = short_dir("ngx", 0o755)
        self.config = self.prefix / "nginx.conf"
        for name, content in (files or {}).items():
            (self.prefix / name).parent.mkdir(exist_ok=True)
            (self.prefix / name).write_text(content)
        for _ in range(ATTEMPTS):
            self.port = port or free_port()
            self.config.write_text(text(self.port))
            self.check()
            self.child = Child(self.command("-g", "daemon off;"), log=self.prefix / "nginx.out")
            if self.child.wait_for_port(self.port):
                return
        raise AssertionError(f"nginx does not start:\n{self.child.log()}")

    def command(self, *more: str) -> list[str]:
        return [self.program, "-p", f"{self.prefix}/", "-e", "stderr", "-c", str(self.config), *more]

    def check(self) -> str:
        """Return the output of `nginx -t`, which must accept the configuration without a warning."""
        done = subprocess.run(self.command("-t"), capture_output=True, text=True)
        assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr
        return done.stderr

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.prefix, ignore_errors=True)


def committed(
    web_port: int, ws_port: int, portals: str = "", *, files: Mapping[str, str] | None = None, head: str = ""
) -> Nginx:
    """
    The committed configuration, running, only its addresses replaced.

    Args: web_port, ws_port: where web and the broker's WebSocket listen on loopback; portals: lines of a map
        file in portals/, as an operator writes them; files: further ones that it includes; head: its first line.
    """
    template = head + COMMITTED.read_text()

    def text(port: int) -> str:
        filled = template
        for old, new in (
            (LISTEN, f"listen 127.0.0.1:{port};"),
            (WEB, f"server 127.0.0.1:{web_port};"),
            (BROKER, f"server 127.0.0.1:{ws_port};"),
        ):
            assert filled.count(old) == 1, old
            filled = filled.replace(old, new)
        return filled

    maps = {"portals/test.map": portals} if portals else {}
    return Nginx(text, {**maps, **(files or {})})
