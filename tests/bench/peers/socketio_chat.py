"""
Serve a chat on Flask-SocketIO and SQLite, in threads, with one commit a message.

Arguments: a database file, a port, and `tuned` (Wattline's SQLite settings) or nothing (the defaults).
"""

import sqlite3
import sys
import threading

from flask import Flask
from flask_socketio import SocketIO, emit, join_room

database = sqlite3.connect(sys.argv[1], check_same_thread=False)
if "tuned" in sys.argv:
    database.execute("PRAGMA journal_mode = wal")
    database.execute("PRAGMA synchronous = full")
database.execute("CREATE TABLE message (num INTEGER PRIMARY KEY, room TEXT, id TEXT UNIQUE, text TEXT)")
one_at_a_time = threading.Lock()
app = Flask(__name__)
chat = SocketIO(app, async_mode="threading")


@chat.on("join")
def join(room: str) -> None:
    join_room(room)
    emit("joined")


@chat.on("say")
def say(said: dict[str, str]) -> None:
    with one_at_a_time, database:
        database.execute(
            "INSERT INTO message (room, id, text) VALUES (?, ?, ?)", (said["room"], said["id"], said["text"])
        )
    emit("said", said, to=said["room"])


if __name__ == "__main__":
    chat.run(app, "127.0.0.1", int(sys.argv[2]), allow_unsafe_werkzeug=True)
