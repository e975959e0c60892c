"""
Serve a chat on websockets and SQLite, one commit a message; print its port.

Arguments: a database file, and `tuned` (WAL, synchronous=FULL, no compression) or nothing (the defaults). It has a
history and tells words after their COMMIT; it has no sign-in, numbers, unread counts or answers to repeats. Its COMMIT
blocks everybody.
"""

import asyncio
import json
import sqlite3
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, serve

rooms: dict[str, set[ServerConnection]] = defaultdict(set)


async def main(file: str, tuned: bool) -> None:
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
