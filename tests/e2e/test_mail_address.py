"""The widget asks for an address when a client leaves with an open question."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.people import ClientScreen, taking_part, with_ana

SETTINGS = {
    "WATTLINE_SMTP_URL": "smtp://127.0.0.1:1",  # the mail itself is tests/integration/test_mail_out.py's
    "WATTLINE_MAIL_FROM": "support@energy.example",
    "WATTLINE_URL": "http://localhost:1",
}


def test_leaving_with_an_open_question_asks_for_an_address(tmp_path: Path, chromium: Browser) -> None:
    """Closing the chat before an answer asks beside the launcher, once; an address that is given is taken."""
    with with_ana(tmp_path / "data", "--demo", settings=SETTINGS) as system, taking_part(system, "a-ana"):
        maria, ion = (ClientScreen(chromium.new_context(), system, client) for client in ("c-maria", "c-ion"))
        for screen in (maria, ion):
            screen.open_chat()
            # Where nobody is at the desk, the chat itself asks at once.
            expect(screen.page.get_by_test_id("desk")).to_contain_text("Ana is here")
            screen.say_stored("When does my tariff end?")
            expect(screen.page.get_by_test_id("mail-leaving")).to_have_count(0)
            screen.page.keyboard.press("Escape")
        question = ion.page.get_by_test_id("mail-leaving")
        question.get_by_role("button", name="Later").click()
        expect(question).to_have_count(0)
        expect(ion.page.get_by_test_id("launcher")).to_be_focused()
        ion.page.get_by_test_id("launcher").click()
        with ion.page.expect_response(re.compile("/mail$")):
            ion.page.get_by_role("button", name="Close").click()
        expect(question).to_have_count(0)

        question = maria.page.get_by_test_id("mail-leaving")
        question.get_by_role("textbox").fill("maria@example.org")
        question.get_by_role("button", name="Send me the answer").click()
        expect(question).to_contain_text("Open the link that we sent to maria@example.org")
        expect(ion.page.get_by_test_id("mail-leaving")).to_have_count(0)
        for screen in (maria, ion):  # nobody answers at the public address, from which the logo comes
            screen.errors = [error for error in screen.errors if "/brand/logo-" not in error]
        maria.close()
        ion.close()
