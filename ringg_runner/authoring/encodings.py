"""Names the encoding of a file that is not UTF-8, where its bytes tell.

It decides nothing: UTF-8 alone is read. The name only helps to save the file anew.
"""

from __future__ import annotations

import codecs
import re

# In this order, since the mark of UTF-32 begins with that of UTF-16. The patterns without a mark
# are those of the YAML specification: what begins with an ASCII character has its zeros here.
_WIDE = (
    (re.compile(re.escape(codecs.BOM_UTF32_LE) + rb"|[^\0]\0\0\0", re.DOTALL), "UTF-32"),
    (re.compile(re.escape(codecs.BOM_UTF32_BE) + rb"|\0\0\0[^\0]", re.DOTALL), "UTF-32"),
    (re.compile(re.escape(codecs.BOM_UTF16_LE) + rb"|[^\0]\0", re.DOTALL), "UTF-16"),
    (re.compile(re.escape(codecs.BOM_UTF16_BE) + rb"|\0[^\0]", re.DOTALL), "UTF-16"),
)
_CONTROLS = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")


def wide(data: bytes) -> str | None:
    """Return the name of the encoding whose characters begin with two or four bytes, or None."""
    return next((name for pattern, name in _WIDE if pattern.match(data)), None)


def narrow(data: bytes, offset: int) -> str | None:
    """Return what the byte at an offset would be in an encoding of one byte a character, or None.

    Bytes that hold control characters are no text in any of them.
    """
    if _CONTROLS.search(data):
        return None
    byte = data[offset : offset + 1]
    try:
        character = byte.decode("cp1252")
    except UnicodeDecodeError:
        return None
    name = "Latin-1" if byte[0] >= 0xA0 else "Windows-1252"
    return f"{character} in {name}"
