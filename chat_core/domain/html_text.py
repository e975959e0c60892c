"""Turn the HTML of messages and mails into plain text. Touches nothing."""

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset(("p", "div", "ul", "ol", "table", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "hr"))
_SILENT: Final = frozenset(("script", "style", "head", "title", "template"))


def text_of(html: str, quoted: str = "") -> tuple[str, list[str]]:
    """
    Return the text, with links written out, and the addresses of the images in it.

    Args: quoted: begins a quotation, such as `> `.
    """
    parser = _Parser(quoted)
    parser.feed(html)
    parser.close()
    text = re.sub(r"[ \t\f\v]*\n[ \t\f\v]*", "\n", "".join(parser.pieces))
    return re.sub(r"\n{3,}", "\n\n", text).strip(), parser.images


class _Parser(HTMLParser):
    def __init__(self, quoted: str) -> None:
        super().__init__(convert_charrefs=True)
        self._quoted = quoted
        self.pieces: list[str] = []
        self.images: list[str] = []
        self._silent = 0
        self._links: list[tuple[str, int]] = []  # address, and where in `pieces` its text begins

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br" or tag in _BLOCKS:
            self.pieces.append(f"\n{self._quoted}" if tag == "blockquote" else "\n")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self.pieces)))
        elif tag == "img" and (address := dict(attrs).get("src")):
            self.images.append(address)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n\n" if tag == "p" else "\n")
        elif tag == "a" and self._links:
            address, begin = self._links.pop()
            shown = "".join(self.pieces[begin:]).strip()
            if address.startswith(("http://", "https://", "mailto:")) and shown not in (
                address,
                address.removeprefix("mailto:"),
            ):
                self.pieces.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))
