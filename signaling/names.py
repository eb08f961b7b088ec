"""Display names: what a person may be called, and how equal names are told apart."""

import unicodedata
from collections.abc import Collection

from zvonok.wire.errors import Refusal

NAME_CHARACTERS = 64
MARKS_PER_CHARACTER = 4
INVISIBLE = {
    "Cc",  # controls, zero bytes
    "Cf",  # joiners and direction marks: they make two names look alike
    "Cn",  # unassigned
    "Co",  # private use
    "Cs",  # surrogates
    "Zl",
    "Zp",
}
BLANK = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0",
    *map(chr, range(0x180B, 0x1810)),
    *map(chr, range(0xFE00, 0xFE0F)),
    *map(chr, range(0xE0100, 0xE01F0)),
}
"""Letters and marks by category, but nothing is seen of them (Default_Ignorable_Code_Point)."""
JOINER = "\u200d"
"""Holds composed emoji together; harmless between two symbols."""
EMOJI = "\ufe0f"
"""Asks for the coloured form of the symbol before it."""


def display_name(text: str) -> str:
    """`text` in NFC, trimmed, with single spaces. Raises Refusal `bad_name` (422).

    1–64 characters that are seen count; combining marks do not count but are bounded.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    for position, character in enumerate(name):
        hidden = character in BLANK or unicodedata.category(character) in INVISIBLE
        if hidden and not _joins(name, position):
            raise _bad("the name holds a character that cannot be seen", "invisible")
    seen = sum(not _combines(character) for character in name)
    if seen == 0:
        raise _bad("the name is empty", "empty")
    if seen > NAME_CHARACTERS or len(name) > NAME_CHARACTERS * MARKS_PER_CHARACTER:
        raise _bad(f"the name is longer than {NAME_CHARACTERS} characters", "too_long")
    return name


def folded(name: str) -> str:
    """What two names that a person would read as the same have in common; for search too."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е")
    return plain.replace(EMOJI, "").replace(JOINER, "")


def distinct(name: str, taken: Collection[str], *, protected: bool) -> str:
    """`name`, with a mark when its folded form is in `taken`.

    `protected`: it is a moderator's name, and the newcomer is none: " (guest)".
    """
    if folded(name) not in taken:
        return name
    marked = f"{name} (guest)" if protected else name
    candidate, number = marked, 2
    while folded(candidate) in taken:
        candidate = f"{marked} ({number})"
        number += 1
    return candidate


def _joins(name: str, position: int) -> bool:
    return (
        name[position] == JOINER
        and 0 < position < len(name) - 1
        and unicodedata.category(name[position + 1]) == "So"
    )


def _combines(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"} or character == JOINER


def _bad(message: str, problem: str) -> Refusal:
    return Refusal(
        422, "bad_name", message, field="name", problem=problem, max_length=NAME_CHARACTERS
    )
