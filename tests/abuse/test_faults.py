"""The faults of amqtt 0.12.1: stock amqtt has each of them (`make faults`), and docs/brokers.md lists them."""

import sys
from pathlib import Path

import pytest

from tests.abuse.faults import FAULTS, AmqttFault, arguments_for
from tests.abuse.stock import StockBroker
from tests.conformance import frames, test_01_connect

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "brokers.md"


def _name(fault: AmqttFault) -> str:
    return fault.what


@pytest.mark.abuse
@pytest.mark.parametrize("fault", FAULTS, ids=_name)
def test_stock_has_it(fault: AmqttFault) -> None:
    """The test that the guarded broker passes fails with stock amqtt."""
    with StockBroker(fault.plugins) as broker, arguments_for(fault, broker) as arguments:
        with pytest.raises((AssertionError, pytest.fail.Exception)) as failed:
            fault.shown_by(**arguments)
        sys.stdout.write(f"{fault.what}: {str(failed.value)[:150]!r}\n")


@pytest.mark.abuse
def test_stock_serves() -> None:
    """Stock amqtt works here: it accepts the right password, refuses a wrong one, and delivers messages."""
    with StockBroker() as broker:
        test_01_connect.test_right_password(broker)
        test_01_connect.test_wrong_password(broker, "wrong")
        with broker.joined("s-bridge") as service, broker.joined("c-1", "support/c-1/log") as client:
            service.send(frames.publish("support/c-1/log", b"hello", qos=1)).expect(frames.PUBACK)
            assert client.messages(1)[0].payload == b"hello"


def test_every_fault_is_told() -> None:
    """The document lists each fault with the module that mends it and its test."""
    told = DOCUMENT.read_text("utf-8")
    for fault in FAULTS:
        row = next((line for line in told.splitlines() if line.startswith(f"| {fault.what} |")), None)
        assert row is not None, fault.what
        assert f"`{fault.test}`" in row, row
        assert all(f"`{module}.py`" in row for module in fault.closed_in.split(", ")), row
