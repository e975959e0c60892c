"""Count a batch as its messages, and time a probe until it was committed."""

from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry, Histogram

from bridge import metrics
from bridge.background import probe
from bridge.mqtt.link import Link
from bridge.pipeline.inbound import Echo
from chat_core.contract.payloads import decode
from chat_core.contract.shards import ALL


def samples(kind: type[Histogram]) -> tuple[Any, CollectorRegistry]:
    registry = CollectorRegistry()
    return kind("some_seconds", "Some", buckets=metrics.SECONDS, registry=registry), registry


@pytest.mark.parametrize("amount", [0.0, 0.25, 0.2500001, 99.0])
def test_batch_counts_as_its_messages(amount: float) -> None:
    """A batch of seven gives the samples that seven observations give, at a bucket's bound and beyond the last."""
    (plain, plain_registry), (batch, batch_registry) = samples(Histogram), samples(metrics.BatchHistogram)
    for _ in range(7):
        plain.observe(amount)
    batch.observe_batch(amount, 7)
    for name, labels in [("count", {}), *(("bucket", {"le": str(bound)}) for bound in (*metrics.SECONDS, "+Inf"))]:
        found = [one.get_sample_value(f"some_seconds_{name}", labels) for one in (plain_registry, batch_registry)]
        assert found[0] == found[1] is not None
    assert batch_registry.get_sample_value("some_seconds_sum") == pytest.approx(7 * amount)


def test_probe_is_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe is timed from its publish; its repeat, another process's, and a forgotten one are not."""
    now_s, took = [100.0], list[float]()
    sent: list[str] = []

    class Line:
        def publish(self, _: str, payload: bytes) -> None:
            sent.append(decode(Echo, payload).probe or "")

    monkeypatch.setattr("time.monotonic", lambda: now_s[0])
    monkeypatch.setattr(metrics.ECHO_S, "observe", took.append)
    own = probe.Probe(cast(Link, Line()), ALL)
    own.send()
    now_s[0] += 0.5
    for name in (sent[0], sent[0], "another"):
        own.heard(name)
    assert took == [0.5]
    for _ in range(probe.AWAITED_AT_MOST + 1):
        own.send()
    own.heard(sent[1])
    assert took == [0.5]
