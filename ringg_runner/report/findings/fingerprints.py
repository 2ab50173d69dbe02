"""What a finding is recognised by in the next run, when it stands on another line."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringg_runner.diagnostics import Diagnostic


def marked(findings: Iterable[Diagnostic]) -> Iterator[tuple[Diagnostic, str]]:
    """Yield each finding with its fingerprint; no two of them share one.

    It is made of the rule, the file and the text of the line. Findings that are alike in all of
    these are told apart by their order.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for finding in findings:
        text = finding.quote.text.strip() if finding.quote else ""
        likeness = (finding.rule, finding.file, text)
        yield finding, _digest(*likeness, str(seen[likeness]))
        seen[likeness] += 1


def _digest(*parts: str) -> str:
    # No part can hold a NUL but the text of a line, and that stands between two that cannot.
    whole = "\0".join(parts).encode(errors="surrogatepass")
    return hashlib.sha256(whole).hexdigest()
