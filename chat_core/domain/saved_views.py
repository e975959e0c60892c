"""Define saved views: named choices of a list, its filters and its order, of one agent or of the whole desk."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from chat_core.contract.fields import PLAIN, Name
from chat_core.domain.attributes import MOST_NAMED, NAMED
from chat_core.domain.settings import Document

MAX_VIEWS: Final = 50  # of an agent, and of the desk
MAX_FACETS: Final = 20  # of one view
# As web/frontend/src/board/list-choice.ts reads them: what the shown conversations have in common.
_FACET: Final = re.compile(rf"unread|urgent|mentioned|(tag|area|lang|of):\S.{{0,63}}|attribute:{NAMED}")


def _check_facet(facet: str) -> str:
    if not _FACET.fullmatch(facet):
        raise ValueError(
            "use unread, urgent, mentioned, or tag:, area:, lang: or of: and what it should be, or attribute:name:value"
        )
    return facet


Facet = Annotated[str, Field(max_length=len("attribute:") + MOST_NAMED, pattern=PLAIN), AfterValidator(_check_facet)]


class SavedView(Document):
    """Hold one view. Facets of one kind admit any of them; each kind must fit."""

    id: Name
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN)]
    filter: Literal["mine", "unassigned", "all", "snoozed", "resolved"]
    order: Literal["waiting", "newest"] = "waiting"
    facets: Annotated[list[Facet], Field(max_length=MAX_FACETS)] = []


class SavedViews(Document):
    """Hold the views of an agent, or those that the desk shares, in the order of the menu."""

    views: Annotated[list[SavedView], Field(max_length=MAX_VIEWS)] = []

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [view.id for view in self.views]
        if len(ids) > len(set(ids)):
            raise ValueError("two views have the same id")
        return self
