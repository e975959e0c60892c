"""Meters as they come: one connection a client for all of its meters, each read once a minute."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from chat_core.contract import topics
from chat_core.contract.ids import new_client_id
from chat_core.contract.payloads import Reading, encode
from chat_core.runtime import brokers
from chat_core.store import Store
from tests.bench.generator import LoadTarget
from tests.chaos.connection import PeerConnection
from tests.chaos.systems import SmallSystem
from tests.conformance import frames
from tests.real.wattline import config_of, run_cli

PASSWORD: Final = "a-password-of-a-device"


def add_devices(system: SmallSystem, people: Sequence[str]) -> None:
    hashes = brokers.device_hashes(PASSWORD, bytes(16))
    with Store.open(config_of(system.data, system.settings)) as store:
        for client in people:
            store.registry.devices.add(f"d-{client[2:]}", client, [], hashes)
    run_cli(system.data, "token", people[-1], settings=system.settings)  # returns when the broker knows new accounts


@asynccontextmanager
async def connected(target: LoadTarget, people: Sequence[str]) -> AsyncIterator[list[PeerConnection]]:
    lines = []
    for client in people:
        device = f"d-{client[2:]}"
        hello = frames.connect(new_client_id(device, secrets.token_bytes(16)), device, PASSWORD, keep_alive_s=600)
        lines.append(await PeerConnection.open(target.address, hello, [], lambda *_: None))
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


async def read_on(lines: Sequence[PeerConnection], people: Sequence[str], meters: int) -> None:
    number = 0
    while True:
        client = number % len(people)
        meter = f"m-{number % meters // len(people)}"
        now_ms = time.time_ns() // 1_000_000
        reading = encode(Reading(at=now_ms, wh=now_ms // 6_000, w=600))
        lines[client].publish(topics.meter_reading(people[client], meter).encode(), reading)
        number += 1
        await asyncio.sleep(60 / meters)
