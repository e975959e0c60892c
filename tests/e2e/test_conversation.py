"""A client and an agent chat in two real browsers, on either broker, and every message is kept."""

import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import AgentScreen, ClientScreen, close, deaf_broker, everybody_agrees, hire, with_ana
from tests.real.parts import find_program
from tests.real.wattline import Wattline
from tests.waiting import wait_until

EMBEDDED = pytest.mark.parametrize("system", ["embedded"], indirect=True)  # tests that ask nothing of a broker


@pytest.fixture(scope="module", params=["embedded", "mosquitto"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    data = tmp_path_factory.mktemp(f"system-{request.param}") / "data"
    with with_ana(data, "--demo", settings={"WATTLINE_BROKER": request.param}) as running:
        hire(running, "a-radu", "Radu")
        yield running


@pytest.fixture
def listener(system: Wattline) -> Iterator["subprocess.Popen[str]"]:
    token = system.token("b-listener")
    command = [
        *("stdbuf", "-oL"),  # or its SUBACK stays in a buffer
        find_program("mosquitto_sub", "mosquitto-clients"),
        *("-h", "localhost", "-p", str(system.mqtt_port), "-i", token["client_id"]),
        *("-u", token["username"], "-P", token["password"], "-q", "1", "-t", "support/c-maria/#", "-v", "-d"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "SUBACK" in line:
                    break
            yield process
        finally:
            process.terminate()


def _heard(process: "subprocess.Popen[str]") -> str:
    process.terminate()
    return process.communicate(timeout=10)[0]


def test_a_client_and_an_agent_chat(system: Wattline, chromium: Browser, listener: "subprocess.Popen[str]") -> None:
    """A chat shows words, typing and ticks on both sides, and is whole after a bridge kill and reloads."""
    maria, ana = ClientScreen.opened(chromium.new_context(), system), AgentScreen(chromium.new_context(), system)
    maria.say_stored("Is my meter right?")

    ana.show("all")
    expect(ana.row("c-maria")).to_contain_text("Is my meter right?")
    expect(ana.row("c-maria")).to_contain_text("c-maria")
    ana.open_chat("c-maria")
    ana.sees("Is my meter right?")
    maria.sees_tick("Is my meter right?", "read")

    ana.field.press_sequentially("I look")
    expect(maria.page.get_by_test_id("typing")).to_contain_text("Ana is typing")
    ana.field.fill("")
    maria.field.press_sequentially("Tha")
    expect(ana.page.get_by_test_id("typing")).to_contain_text("is typing")
    maria.field.fill("")

    ana.say("I look at it now.")
    maria.sees("I look at it now.")
    expect(maria.page.get_by_test_id("typing")).not_to_contain_text("typing")
    ana.sees_tick("I look at it now.", "read")

    gone = system.kill("bridge")
    maria.say("Thank you!")
    system.wait_restarted("bridge", gone, within_s=15)
    maria.sees_tick("Thank you!", "stored", "delivered", "read")
    ana.sees("Thank you!")

    maria.page.reload()
    maria.open_chat()
    ana.page.reload()
    ana.open_chat("c-maria")
    said = ["Is my meter right?", "I look at it now.", "Thank you!"]
    everybody_agrees([maria, ana], said, wait_until)
    close(maria, ana)

    heard = _heard(listener)
    for text in said:
        assert re.search(rf"support/c-maria/log .*{re.escape(text)}", heard)
    assert re.search(r"support/c-maria/typing/a-ana ", heard)
    assert re.search(r"support/c-maria/msg/a-ana .*I look at it now", heard)


@EMBEDDED
@pytest.mark.parametrize("process", ["broker", "bridge", "web"])
def test_killing_a_process_loses_nothing(system: Wattline, chromium: Browser, process: str) -> None:
    """A process killed during a chat is replaced; every ✓ message is still there, once, in order."""
    kill_during_a_chat(system, chromium, process)


@pytest.mark.parametrize("system", ["mosquitto"], indirect=True)
def test_killing_mosquitto_loses_nothing(system: Wattline, chromium: Browser) -> None:
    """The same holds where browsers connect to Mosquitto."""
    kill_during_a_chat(system, chromium, "broker")


def kill_during_a_chat(system: Wattline, chromium: Browser, process: str) -> None:
    ion, ana = ClientScreen.opened(chromium.new_context(), system, "c-ion"), AgentScreen(chromium.new_context(), system)
    before, during, answer, after = (
        f"{part} the {process} fell" for part in ("before", "while", "answered as", "after")
    )
    ion.say_stored(before)
    ana.open_chat("c-ion")
    ana.sees(before)

    gone = system.kill(process)
    ion.say(during)
    ana.say(answer)
    system.wait_restarted(process, gone, within_s=15)
    ion.sees_tick(during, "stored", "delivered", "read", within_ms=30_000)
    ana.sees_tick(answer, "stored", "delivered", "read", within_ms=30_000)
    ion.say_stored(after)
    ana.sees(after)
    ion.sees(answer)

    order = [text for text in ion.texts() if text in (before, during, answer, after)]
    assert sorted(order) == sorted((before, during, answer, after))
    assert order.index(before) < order.index(during) < order.index(after)
    everybody_agrees([ion, ana], order, wait_until)
    close(ion, ana)
    assert system.child.wait_for_port(system.ports()["http"], 30)  # the next test's, which opens a page at once


@EMBEDDED
def test_a_reload_in_mid_sentence_keeps_the_words(system: Wattline, chromium: Browser) -> None:
    """Unsent text is still in the field after a reload, on both sides."""
    elena, ana = ClientScreen(chromium.new_context(), system, "c-elena"), AgentScreen(chromium.new_context(), system)
    elena.open_chat()
    elena.say_stored("Good morning")
    elena.field.fill("half a sen")
    ana.open_chat("c-elena")
    ana.field.fill("half an ans")
    for screen in (elena, ana):
        screen.page.reload()
    elena.open_chat()
    expect(elena.field).to_have_value("half a sen")
    ana.open_chat("c-elena")
    expect(ana.field).to_have_value("half an ans")
    assert "half a sen" not in " ".join(ana.texts())
    close(elena, ana)


def test_what_is_written_without_a_broker_survives_a_reload(system: Wattline, chromium: Browser) -> None:
    """Words written while the broker hangs wait through a reload and are sent once when it works again."""
    elena, ana = ClientScreen(chromium.new_context(), system, "c-elena"), AgentScreen(chromium.new_context(), system)
    elena.open_chat()
    elena.say_stored("Still there?")
    with deaf_broker(system):
        elena.say("written in the dark")
        elena.page.reload()  # at once: no time is given to whatever keeps it
        elena.open_chat()
        elena.sees_tick("written in the dark", "sending")
    elena.sees_tick("written in the dark", "stored", "delivered", "read")
    ana.open_chat("c-elena")
    everybody_agrees([elena, ana], ["Still there?", "written in the dark"], wait_until)
    close(elena, ana)


@EMBEDDED
def test_two_tabs_are_one_conversation(system: Wattline, chromium: Browser) -> None:
    """Two tabs of one client show the same messages, each once, and send through one outbox in one order."""
    first = ClientScreen(chromium.new_context(), system, "c-ion")
    second = ClientScreen(first.context, system, "c-ion")
    for tab in (first, second):
        tab.open_chat()
    said = ["from one", "from two", "from one again"]
    for tab, text in zip((first, second, first), said, strict=True):
        tab.say_stored(text)
    everybody_agrees([first, second], said, wait_until)
    first.close()


@EMBEDDED
def test_an_agent_answers_several_chats_at_once(system: Wattline, chromium: Browser) -> None:
    """Chats that are not open go on: their rows show the words, the unread count and who types."""
    ion, elena, ana = (
        ClientScreen(chromium.new_context(), system, "c-ion"),
        ClientScreen(chromium.new_context(), system, "c-elena"),
        AgentScreen(chromium.new_context(), system),
    )
    for client in (ion, elena):
        client.open_chat()
    ana.open_chat("c-ion")
    elena.say("And what about me?")
    expect(ana.row("c-elena")).to_contain_text("And what about me?")

    def typing_is_seen() -> bool:
        # One key more each time: what was told before the board heard this row is not told again.
        elena.field.press("l")
        return "typing" in ana.row("c-elena").inner_text()

    wait_until(typing_is_seen)
    ion.say("I am first")
    ana.sees("I am first")
    ana.open_chat("c-elena")
    ana.sees("And what about me?")
    ana.say("You too, Elena.")
    elena.sees("You too, Elena.")
    assert "You too, Elena." not in ion.texts()
    close(ion, elena, ana)


@EMBEDDED
def test_a_guest_chats_without_an_account(system: Wattline, chromium: Browser) -> None:
    """A visitor nobody knows writes as a guest, gets the answer, and is the same guest after a reload."""
    guest = ClientScreen(chromium.new_context(), system, "guest")
    ana = AgentScreen(chromium.new_context(), system)
    guest.open_chat()
    guest.say_stored("Do I need an account?")
    ana.show("all")
    row = ana.page.get_by_test_id("row").filter(has_text="Do I need an account?")
    expect(row).to_contain_text(re.compile("Visitor [0-9a-f]{4} "))
    row.click()
    ana.say("Not at all.")
    guest.sees("Not at all.")
    guest.page.reload()
    guest.open_chat()
    everybody_agrees([guest, ana], ["Do I need an account?", "Not at all."], wait_until)
    close(guest, ana)


@EMBEDDED
def test_words_that_cannot_be_sent_say_why(system: Wattline, chromium: Browser) -> None:
    """4,001 characters are not sent: the field says how much is too much and keeps them."""
    maria = ClientScreen.opened(chromium.new_context(), system)
    maria.field.fill("x" * 4_001)
    maria.field.press("Enter")
    expect(maria.page.get_by_text("too many")).to_be_visible()
    assert len(maria.field.input_value()) == 4_001
    maria.close()
