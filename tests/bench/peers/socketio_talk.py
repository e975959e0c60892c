"""
Drive the Socket.IO chat; print each message's time in seconds as JSON, without the first WARM ones.

Arguments: port, clients, messages a second, seconds, characters of a text.
"""

import json
import os
import secrets
import sys
import threading
import time

import socketio

WARM = 60  # messages
WITHIN_S = 10.0


def main(port: int, clients: int, per_s: float, seconds: float, size: int) -> None:
    began: dict[str, float] = {}
    times: list[float] = []
    ends = []
    for number in range(clients):
        end, joined = socketio.Client(), threading.Event()

        def hear(said: dict[str, str]) -> None:
            times.append(time.perf_counter() - began[said["id"]])

        end.on("said", hear)
        end.on("joined", joined.set)
        end.connect(f"http://127.0.0.1:{port}", transports=["websocket"])
        end.emit("join", f"room-{number}")
        joined.wait(10)
        ends.append(end)

    def paced(count: int) -> None:
        times.clear()
        own, first_s = secrets.token_hex(4), time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, first_s + number / per_s - time.perf_counter()))
            id = f"{own}-{number}"
            began[id] = time.perf_counter()
            ends[number % clients].emit("say", {"room": f"room-{number % clients}", "id": id, "text": "x" * size})
        until_s = time.perf_counter() + WITHIN_S
        while len(times) < count and time.perf_counter() < until_s:
            time.sleep(0.01)

    paced(WARM)
    paced(int(per_s * seconds))
    sys.stdout.write(json.dumps(times) + "\n")
    sys.stdout.flush()
    os._exit(0)  # each disconnect would wait three seconds for Werkzeug


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
