"""Why a delivery was not sent is a code with values, whose English words Python and TypeScript share."""

from chat_core.contract.delivery_reasons import TEXTS, DeliveryReason, decode_reason, reason
from tests.unit import vectors

CASES = vectors.load("delivery_reasons")["cases"]


def test_each_code_has_its_words() -> None:
    """Each code is among the cases, reads as they say, and is stored and read back."""
    assert {case["code"] for case in CASES} == set(TEXTS)
    for case in CASES:
        why = DeliveryReason(case["code"], case["values"])
        assert (why.text, decode_reason(why.encode())) == (case["text"], why)


def test_another_servers_words_are_cut() -> None:
    """Another server's words stand in the reason as they came, and cut; where nothing was stored there is none."""
    why = reason("no_answer", said="{code} " + "x" * 10_000)
    assert why.text.startswith("There was no answer: {code} xxx") and len(why.text) < 300
    assert decode_reason(None) is None
