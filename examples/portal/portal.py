"""
A portal of one page, on an origin of its own, that embeds the chat: `python portal.py http://localhost:3001`.

Wattline has to know it: WATTLINE_PORTAL_ORIGINS=http://localhost:8090 and WATTLINE_PORTAL_KEY, the same here and there.
Its policy allows what docs/embedding.md asks for, and nothing else.
"""

import json
import os
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import jwt

HERE = Path(__file__).parent
FILES = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
VALID_S = 300


def identity(user: str, name: str, key: str) -> str:
    """Our word, signed, about who looks at the page. A real portal takes the user from its own sign-in."""
    claims = {
        "aud": "wattline",
        "sub": user,
        "name": name,
        "jti": secrets.token_urlsafe(16),
        "exp": int(time.time()) + VALID_S,
    }
    return jwt.encode(claims, key, algorithm="HS256")


def policy(chat: str) -> str:
    """What the page may load and where it may connect."""
    websocket = f"ws://{urlsplit(chat).hostname}:*"  # behind a proxy: the chat's own origin, with wss
    return (
        f"default-src 'none'; script-src 'self' {chat}; style-src 'self'; "
        f"connect-src 'self' {chat} {websocket}; img-src {chat}"
    )


class Portal(BaseHTTPRequestHandler):
    """The page, its two files, and who the user is."""

    chat: str
    key: str

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/identity":
            self._answer(json.dumps({"identity": identity("c-maria", "Maria Pop", self.key)}), "application/json")
        elif path in FILES:
            name, kind = FILES[path]
            self._answer((HERE / name).read_text(encoding="utf-8").replace("{{chat}}", self.chat), kind)
        else:
            self.send_error(404)

    def _answer(self, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy(self.chat))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    Portal.chat = sys.argv[1].rstrip("/")
    Portal.key = os.environ["WATTLINE_PORTAL_KEY"]
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8090
    with ThreadingHTTPServer(("127.0.0.1", port), Portal) as server:
        sys.stdout.write(f"http://localhost:{server.server_port}/\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
