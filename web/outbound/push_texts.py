"""Hold the sentences of notifications in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PushTexts:
    """Hold one language's sentences. {who}: the client's id, or the name where words are allowed."""

    answer: str
    message: str
    assigned: str
    mention: str


TEXTS: Final[Mapping[str, PushTexts]] = {
    "en": PushTexts(
        answer="You have a new answer.",
        message="New message from {who}.",
        assigned="The conversation with {who} was assigned to you.",
        mention="You were mentioned in a note about {who}.",
    ),
    "ro": PushTexts(
        answer="Aveți un răspuns nou.",
        message="Mesaj nou de la {who}.",
        assigned="Conversația cu {who} v-a fost atribuită.",
        mention="Ați fost menționat într-o notă despre {who}.",
    ),
    "de": PushTexts(
        answer="Sie haben eine neue Antwort.",
        message="Neue Nachricht von {who}.",
        assigned="Die Unterhaltung mit {who} wurde Ihnen zugewiesen.",
        mention="Sie wurden in einer Notiz zu {who} erwähnt.",
    ),
}
