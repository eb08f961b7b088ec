"""What the one who wants speech judged is told where it can not be."""

import importlib.util
from pathlib import Path

import pytest

from bench.lines.speech import speech_missing


def test_without_a_model_nothing_is_missing() -> None:
    assert speech_missing(None) is None


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_a_model_is_named(tmp_path: Path, there: bool) -> None:
    folder = tmp_path if there else tmp_path / "none"
    assert str(folder) in (speech_missing(folder) or "")


def test_without_vosk_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "tools/setup.sh lines" in (speech_missing(tmp_path) or "")
