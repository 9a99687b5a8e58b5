"""How things are written on the screen. `escape` is the one way by which a string of a file reaches the page."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 4096
# Gradio renders HTML through a template language; with these as entities no text can be taken for a template.
_TEMPLATE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;", "\\": "&#92;"})


def escape(text: object, longest: int = LONGEST) -> str:
    """Text as text: no markup, no template, no control or direction-changing characters, not endless."""
    plain = str(text)
    if len(plain) > longest:
        plain = plain[:longest] + f" … ({len(plain) - longest:,} more characters)"
    return html.escape("".join(map(_visible, plain))).translate(_TEMPLATE)


def _visible(character: str) -> str:
    """Newlines stay; other control, format (bidi, zero-width) and unpaired characters become a mark that can be seen."""
    if character in "\n\t":
        return character
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") else character


def prose(text: object) -> str:
    """A sentence of ours with commands between back ticks shown as code; the text itself is escaped first."""
    return re.sub("&#96;(.{1,200}?)&#96;", r"<code>\1</code>", escape(text))


def items(lines: Iterable[object], css: str = "") -> str:
    """A list of sentences."""
    return f'<ul class="{css}">' + "".join(f"<li>{prose(sentence(line))}</li>" for line in lines) + "</ul>"


def sentence(text: object) -> str:
    """With a capital and a full stop: reasons are stored as clauses."""
    clause = str(text).strip()
    if not clause:
        return ""
    return clause[0].upper() + clause[1:] + ("" if clause[-1] in ".!?" else ".")


def size(byte_count: int) -> str:
    """A size that people can read; the exact number stands beside it in the facts."""
    if byte_count < 1024:
        return f"{byte_count} bytes"
    amount, units = byte_count / 1024, ["kB", "MB", "GB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:.1f} {units[0]}"


def signed(number: float) -> str:
    """A logit: always with its sign, and with a minus that is as wide as the plus."""
    return f"{number:+.2f}".replace("-", "\N{MINUS SIGN}")


def seconds(duration: float | None) -> str:
    """A duration, never as zero."""
    if duration is None:
        return ""
    return f"{duration:.1f} s" if duration >= 0.1 else f"{max(1, round(duration * 1000))} ms"


def join(parts: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    *most, final = list(parts) or [""]
    return f"{', '.join(most)} {last} {final}" if most else final
