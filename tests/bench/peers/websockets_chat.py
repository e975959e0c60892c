"""
A chat on websockets and SQLite: rooms by path, one commit a message, everybody in the room hears what was stored.

Started with a database file, and `tuned` or nothing; prints its port. Without a word sqlite3 and websockets are as they
come, which is what an afternoon takes: a rollback journal, and permessage-deflate. Tuned it has Wattline's own settings
(WAL, synchronous=FULL) and no compression. What it has of a chat: history in a table with a key and an index on the id,
and words told after their COMMIT only. What an afternoon leaves out: who may come in, numbers in a conversation, an
unread count, a repeat's answer (a second INSERT of an id ends the line). It is one process with nothing between it and
the wire, so a word wakes two processes (it, and who listens), where a broker and a bridge make four; its COMMIT stands
still for everybody, which 60 a second do not notice.
"""

import asyncio
import json
import sqlite3
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, serve

rooms: dict[str, set[ServerConnection]] = defaultdict(set)


async def main(file: str, tuned: bool) -> None:
    """Serve until killed."""
    database = sqlite3.connect(file)
    if tuned:
        database.execute("PRAGMA journal_mode = wal")
        database.execute("PRAGMA synchronous = full")
    database.execute("CREATE TABLE message (num INTEGER PRIMARY KEY, room TEXT, id TEXT UNIQUE, text TEXT)")

    async def chat(connection: ServerConnection) -> None:
        assert connection.request is not None
        room = connection.request.path
        rooms[room].add(connection)
        try:
            async for words in connection:
                said = json.loads(words)
                with database:
                    database.execute(
                        "INSERT INTO message (room, id, text) VALUES (?, ?, ?)", (room, said["id"], said["text"])
                    )
                for other in rooms[room]:
                    await other.send(json.dumps(said))
        finally:
            rooms[room].discard(connection)

    async with serve(chat, "127.0.0.1", 0, compression=None if tuned else "deflate") as server:
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], tuned="tuned" in sys.argv))
