"""Run Dovecot, an IMAP server, from a folder of its own, on a port of the kernel's choice."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

from tests.waiting import wait_until

PASSWORD = "secret of the mailbox"
NOBODY = 65_534  # Dovecot gives no mailbox to root

CONFIG = """dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = {folder}/base
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
ssl = no
listen = 127.0.0.1
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
first_valid_uid = {uid}
first_valid_gid = {gid}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/mail/%{{user}}
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
{unchanged_root}
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = .
}}
"""
# Without root nobody can change its user or its root folder.
UNPRIVILEGED = """default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """One server. Every user has a mailbox, with the same password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen, with the mail that was there before."""
        command = [shutil.which("dovecot") or "/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        wait_until(self._listens, why=lambda: (self.folder / "log").read_text())

    def _listens(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.settimeout(5)
            return connection.recv(5).startswith(b"* OK")

    def stop(self) -> None:
        """End it and its processes."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    @contextmanager
    def mailbox(self, user: str = "reply") -> Iterator[IMAPClient]:
        """Give a connection of the mailbox's owner."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20) as found:
            found.login(user, PASSWORD)
            yield found

    def deliver(self, *messages: bytes, user: str = "reply") -> None:
        """Put mails into the inbox, as the mail server does."""
        with self.mailbox(user) as mailbox:
            for message in messages:
                mailbox.append("INBOX", message)

    def count(self, folder: str, user: str = "reply") -> int:
        """Return how many mails the folder has; 0 for no such folder."""
        with self.mailbox(user) as mailbox:
            if not mailbox.folder_exists(folder):
                return 0
            return int(mailbox.folder_status(folder, ["MESSAGES"])[b"MESSAGES"])


@contextmanager
def dovecot(prefix: str = "") -> Iterator[Dovecot]:
    """Give a running server with empty mailboxes. Args: prefix: of the names of an account's own folders."""
    uid, gid = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name, socket.socket() as probe:
        folder = Path(name)
        folder.chmod(0o755)  # its processes have users of their own
        (folder / "mail").mkdir()
        os.chown(folder / "mail", uid, gid)
        probe.bind(("127.0.0.1", 0))
        server = Dovecot(folder, probe.getsockname()[1])
        probe.close()
        (folder / "dovecot.conf").write_text(_config(server, uid, gid, prefix))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _config(server: Dovecot, uid: int, gid: int, prefix: str) -> str:
    is_root = os.geteuid() == 0
    unchanged_root = "" if is_root else "  chroot ="
    told = CONFIG.format(
        folder=server.folder,
        uid=uid,
        gid=gid,
        password=PASSWORD,
        port=server.port,
        unchanged_root=unchanged_root,
        prefix=prefix,
    )
    if is_root:
        return told
    user = pwd.getpwuid(uid)
    return told + UNPRIVILEGED.format(user=user.pw_name, group=user.pw_gid)
