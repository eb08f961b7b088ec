"""Display names: what a person may be called, and how equal names are told apart."""

import unicodedata
from collections.abc import Container, Iterator
from typing import NamedTuple

from zvonok.wire.errors import Refusal

from .confusables import NO_SCRIPT, mixed_words, script, skeleton

NAME_CHARACTERS = 64
GUEST = " (guest)"
"""Stands for the mark when names are compared."""
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
"""Holds composed emoji together, and letters of some scripts."""
NON_JOINER = "\u200c"
JOINED_SCRIPTS = {
    *("ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN"),
    *("DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA"),
    *("MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "TIBETAN"),
}
"""Whose letters change their shape beside each other, so that joiners are a part of spelling."""
VIRAMA = 9
"""Canonical combining class of the sign that joins two letters of an Indic script."""
EMOJI = "\ufe0f"
"""Asks for the coloured form of the symbol before it."""


def display_name(text: str, *, trusted: bool = False) -> str:
    """`text` in NFC, trimmed, with single spaces. Raises Refusal `bad_name` (422).

    1–64 characters that are seen count; combining marks do not count but are bounded. Unless
    `trusted` no word mixes scripts: nobody who means his own name writes it so.
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
    mixed = None if trusted else next(mixed_words(name), None)
    if mixed is not None:
        raise _bad("a word mixes letters of several scripts", "mixed_scripts", word=mixed)
    return name


def folded(name: str) -> str:
    """The name as it is searched: case, ё and е, and what is not seen make no difference."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е")
    return plain.replace(EMOJI, "").replace(JOINER, "").replace(NON_JOINER, "")


def looks(name: str) -> frozenset[str]:
    """Two names that have one of these in common may be taken for each other by a reader.

    Some letters look alike as capitals, others only when small, so three forms are looked at.
    """
    return frozenset(_forms(name))


def _forms(name: str) -> Iterator[str]:
    shown = unicodedata.normalize("NFKC", name).replace("ё", "е").replace("Ё", "Е")
    for unseen in (EMOJI, JOINER, NON_JOINER):
        shown = shown.replace(unseen, "")
    return map(skeleton, (shown, shown.casefold(), shown.upper()))


class Called(NamedTuple):
    """What tells a person apart from the others in a call."""

    name: str
    guest: bool = False
    """Shown with the mark of a guest, which each reader's client words."""

    @property
    def read(self) -> str:
        """The whole of it, for comparing."""
        return f"{self.name}{GUEST}" if self.guest else self.name


def distinct(name: str, taken: Container[str], *, protected: bool) -> Called:
    """`name`, with a mark when it looks like one whose `looks` are in `taken`.

    `protected`: it is a moderator's name, and the newcomer is none: he is marked as a guest.
    """
    if not any(form in taken for form in looks(name)):
        return Called(name)
    suffix, number = "", 1
    # What is added looks the same whatever it stands behind.
    halves = list(zip(_forms(name), _forms(GUEST if protected else ""), strict=True))
    while any(start + skeleton(suffix) + end in taken for start, end in halves):
        number += 1
        suffix = f" ({number})"
    return Called(name + suffix, protected)


def _joins(name: str, position: int) -> bool:
    """Whether what is not seen here is a part of writing: a joiner where it can change a shape."""
    if name[position] not in (JOINER, NON_JOINER) or not position > 0:
        return False
    before, after = name[position - 1], name[position + 1 : position + 2]
    if name[position] == JOINER and after and unicodedata.category(after) == "So":
        return True
    if name[position] == JOINER and unicodedata.combining(before) == VIRAMA:
        return True
    return _script_of_last(name[:position]) == _script_of_last(after) in JOINED_SCRIPTS


def _script_of_last(text: str) -> str:
    """Of the last letter; marks may belong to no script of their own."""
    for character in reversed(text):
        if unicodedata.category(character)[0] not in "LM":
            break
        if script(character) not in NO_SCRIPT:
            return script(character)
    return ""


def _combines(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"} or character in (JOINER, NON_JOINER)


def _bad(message: str, problem: str, **details: str) -> Refusal:
    return Refusal(
        422,
        "bad_name",
        message,
        field="name",
        problem=problem,
        max_length=NAME_CHARACTERS,
        **details,
    )
