"""Tells whether words say that this campaign already started.

The API answers "already started" and "you mistyped an id" with the same 400, and nobody documents
the wording. A false yes is the worse mistake: the campaign never runs and the report is green. So
the words must say *already* of a started state, and must not speak of anything but the campaign;
whatever is not understood is a no, and is shown to a person.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATE = r"(?:started|starting|start|running|run|scheduled|ongoing|on going|in progress|inprogress)"

# What may stand between "already" and the state. An article may not: "there is already an ongoing
# campaign" speaks of another one. After "in" it may, when a word for state follows.
_BETWEEN = (
    r"(?:(?:been|being|was|set to|marked as|marked|successfully|currently|in|status|state) )*"
)
_ALREADY = re.compile(
    rf"already ?{_BETWEEN}{_STATE}\b"
    rf"|\balready (?:has|in|in an?|in the) (?:status )?{_STATE} (?:state|status|mode|phase)\b"
    rf"|\b{_STATE} already\b"
)

# "has not already been started", "must already be running", "unless already started": a no.
_DENIED = re.compile(
    r"\b(?:not|never|\w*n t|unless|until|if|must|should|only|no)"
    r" (?:(?:yet|been|be|is|was|it is) )*$"
)

# Before it, in the same clause: words that make it a statement about something else. Plural
# campaigns, and "a", "another" or "other" campaign, are the rest of the workspace.
_ELSE = re.compile(
    r"\b(?:agents?|pools?|numbers?|users?|members?|accounts?|workspaces?|teams?|keys?|files?"
    r"|calls(?! (?:for|of) (?:this|the) campaign)|trials?|maintenance"
    r"|(?:upload|import|export|verif|validat|process|purchas|delet|migrat|sync)\w*"
    r"|too many|max\w*|limit\w*|another|other|others|there|you|your|we"
    r"|campaigns|(?:a|an|one|no|any|some) campaign)\b"
)

# After it: what turns it into a statement about others, or about running low or out.
_TURNED = re.compile(
    r" (?:(?:another|other|others|different|too|max\w*|elsewhere|low|out|short|campaigns)"
    r"|(?:for|in|with|on|under) (?:a|an|another|other|different)"
    r"|by (?:a|an|another|other) (?:campaign|agent|workspace|account)"
    r"|(?:the |its |this )?(?:verif|validat|process|upload|import|delet)\w*)\b"
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CLAUSE_END = re.compile(r"[.;:!?,()](?=\s|$)|\n\s*\n")
_NO_WORD = re.compile(r"[\W_]+")

_LONGEST_CLAUSE = 500
"""In characters; what runs on for longer is no sentence."""


def says_already_started(texts: Iterable[str], own: Iterable[str] = ()) -> bool:
    """Tell whether any of the texts says that the campaign already started.

    `own` are the texts that we sent: an echo of them is nobody's statement.
    """
    own_words = tuple(own)
    return any(_claims(clause) for text in texts for clause in _clauses(_without(text, own_words)))


def _without(text: str, own: tuple[str, ...]) -> str:
    for word in own:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", " id ", text, flags=re.IGNORECASE)
    return text


def _clauses(text: str) -> list[str]:
    """Return the text's clauses as lower-case words with one space between them."""
    plain = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    clauses = (_NO_WORD.sub(" ", clause).strip() for clause in _CLAUSE_END.split(plain))
    return [clause for clause in clauses if len(clause) <= _LONGEST_CLAUSE]


def _claims(clause: str) -> bool:
    return any(
        not _DENIED.search(clause[: found.start()])
        and not _ELSE.search(clause[: found.start()])
        and not _TURNED.match(clause[found.end() :])
        for found in _ALREADY.finditer(clause)
    )
