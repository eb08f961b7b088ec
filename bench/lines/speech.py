"""Whether speech is understood: what was heard is given to a recogniser, and its words are compared
with those that were spoken."""

import importlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .scene import WORDS

RATE = 16000
"""Hz, of 16-bit mono samples."""
TAIL = bytes(RATE * 2)
"""A second of silence, by which the recogniser knows that nobody speaks any more."""
ROUNDS = 2
"""How often all sentences are heard."""


@dataclass(frozen=True)
class Heard:
    words: tuple[str, ...]

    @property
    def word_error(self) -> float:
        """A share of the words spoken, wherever in the sentences, which are repeated, it began."""
        count = ROUNDS * len(WORDS)
        spoken = WORDS * (ROUNDS + 1)
        return min(
            edits(self.words, spoken[begin : begin + count]) for begin in range(len(WORDS))
        ) / count  # fmt: skip


def edits(heard: Sequence[str], spoken: Sequence[str]) -> int:
    """The fewest words to be put in, left out or replaced (Levenshtein)."""
    before = list(range(len(spoken) + 1))
    for number, one in enumerate(heard, 1):
        now = [number]
        for at, other in enumerate(spoken, 1):
            now.append(min(before[at] + 1, now[-1] + 1, before[at - 1] + (one != other)))
        before = now
    return before[-1]


def speech_missing(model: Path | None) -> str | None:
    """Why speech can not be judged with this model; None where it can, or is not to be."""
    if model is None:
        return None
    if not any((model / place).is_file() for place in ("am/final.mdl", "final.mdl")):
        return f"{model}: no model of Vosk is in this folder"
    if importlib.util.find_spec("vosk") is None:
        return "vosk is not installed: tools/setup.sh lines"
    return None


class Recogniser:
    """Raises ModuleNotFoundError without vosk."""

    def __init__(self, model: Path) -> None:
        self._vosk: Any = importlib.import_module("vosk")
        self._vosk.SetLogLevel(-1)
        self._model = self._vosk.Model(str(model))

    def recognise(self, samples: bytes) -> Heard:
        recogniser = self._vosk.KaldiRecognizer(self._model, RATE)
        words: list[str] = []
        step = RATE // 5 * 2
        told = samples + TAIL
        for at in range(0, len(told), step):
            if recogniser.AcceptWaveform(told[at : at + step]):
                words += json.loads(recogniser.Result())["text"].split()
        words += json.loads(recogniser.FinalResult())["text"].split()
        return Heard(tuple(words))
