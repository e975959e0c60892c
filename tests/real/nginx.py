"""A real nginx with a given configuration, its relative paths in a temporary prefix."""

import shutil
import subprocess
from collections.abc import Callable

from tests.real.parts import ATTEMPTS, Child, find_program, free_port, short_dir


class Nginx:
    """
    One running nginx, listening on `port`.

    Args: text: called with the port to listen on, returns the whole configuration.
    """

    def __init__(self, text: Callable[[int], str]) -> None:
        self.program = find_program("nginx", "nginx-light")
        self.prefix = short_dir("ngx", 0o755)
        self.config = self.prefix / "nginx.conf"
        for _ in range(ATTEMPTS):
            self.port = free_port()
            self.config.write_text(text(self.port))
            self.check()
            self.child = Child(self.command("-g", "daemon off;"), log=self.prefix / "nginx.out")
            if self.child.wait_for_port(self.port):
                return
        raise AssertionError(f"nginx does not start:\n{self.child.log()}")

    def command(self, *more: str) -> list[str]:
        return [self.program, "-p", f"{self.prefix}/", "-e", "stderr", "-c", str(self.config), *more]

    def check(self) -> str:
        """What `nginx -t` says; it must accept the configuration, without a warning."""
        done = subprocess.run(self.command("-t"), capture_output=True, text=True)
        assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr
        return done.stderr

    def log(self) -> str:
        return self.child.log()

    def close(self) -> None:
        self.child.stop()
        shutil.rmtree(self.prefix, ignore_errors=True)

    def __enter__(self) -> "Nginx":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
