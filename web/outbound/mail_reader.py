"""
Read a mail in a process of its own: `python -P mail_reader.py REPLY_ADDRESS < MAIL`.

Anybody can send a mail. Python's parser takes a minute over 100 kB of recipients, and gigabytes over a million parts.
The answer is as `web.limited_process` reads it: the parts are the files.
"""

import json
import os
import resource
import sys
from typing import Final

from chat_core.domain.mail_reply import read_mail

CPU_S: Final = 5  # 25 MB of pictures take under 1 s
MEMORY_BYTES: Final = 512 << 20  # of address space
NICENESS: Final = 5


def main() -> None:
    """Read standard input. The command line's argument is the address of replies, without a token."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    answer = _refusal("unreadable")  # libraries raise many kinds of errors for broken content
    try:
        answer = _read(sys.stdin.buffer.read(), sys.argv[1])
    except MemoryError:
        answer = _refusal("too_complex")
    finally:
        sys.stdout.buffer.write(answer)  # a reader that never began answers nothing


def _read(raw: bytes, reply_address: str) -> bytes:
    mail = read_mail(raw, reply_address)
    told = {name: getattr(mail, name) for name in ("kind", "message_id", "token", "sender", "failed", "text")}
    told |= {"names": [file.name for file in mail.files], "parts": [len(file.content) for file in mail.files]}
    return b"".join((json.dumps(told).encode(), b"\n", *(file.content for file in mail.files)))


def _refusal(why: str) -> bytes:
    return json.dumps({"refused": why, "parts": []}).encode()


if __name__ == "__main__":
    main()
