"""What text looks like: skeletons and scripts after Unicode Technical Standard 39.

The data are Unicode's confusables.txt and Scripts.txt as the package `confusable_homoglyphs`
carries them; see docs/decisions/0006.
"""

import itertools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from confusable_homoglyphs.categories import alias
from confusable_homoglyphs.confusables import confusables_data

NO_SCRIPT = {"COMMON", "INHERITED"}
TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
"""Scripts that are written within one word (UTS 39 §5.2, highly restrictive)."""


def skeleton(text: str) -> str:
    """Equal for texts that a reader takes for each other (UTS 39 §4). For comparing only."""
    replaced = unicodedata.normalize("NFD", text).translate(_PROTOTYPES)
    return unicodedata.normalize("NFD", replaced)


def script(character: str) -> str:
    """`LATIN`, `CYRILLIC`, …; `COMMON` and `INHERITED` for what belongs to no script."""
    found: str = alias(character)
    return found


def mixed_words(text: str) -> Iterator[str]:
    """Words written in scripts that nobody mixes within a word."""
    for is_word, characters in itertools.groupby(text, _in_word):
        word = "".join(characters) if is_word else ""
        scripts = {script(character) for character in word} - NO_SCRIPT
        if len(scripts) > 1 and not any(scripts <= allowed for allowed in TOGETHER):
            yield word


def _in_word(character: str) -> bool:
    # Letters, marks, digits and the joiners between them.
    return unicodedata.category(character)[0] in "LMN" or character in "\u200c\u200d"


def _prototypes(alike: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """By code point: what stands for it.

    The package tells only which texts are alike. Whatever is alike has one prototype in Unicode's
    data, so that each class is a star around it; of a mere pair either will do. Only a prototype
    may be longer than one character.
    """
    found = {}
    for text, others in alike.items():
        if len(text) > 1 or len(others) > 1:
            continue  # It is a prototype itself.
        (other,) = others
        if len(alike[other]) > 1 or len(other) > 1 or other < text:
            found[ord(text)] = other
    # A longer prototype may hold one of a mere pair, of which we took the other.
    return {point: prototype.translate(found) for point, prototype in found.items()}


_PROTOTYPES = _prototypes(
    {text: [other["c"] for other in others] for text, others in confusables_data.items()}
)
