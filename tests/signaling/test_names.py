"""Names people give, honest and not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.names import NAME_CHARACTERS, display_name, distinct, folded
from zvonok.wire.errors import Refusal


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("  Ёлкина-Пёстрая   Анна ", "Ёлкина-Пёстрая Анна"),
        ("Anne-Marie O’Neil", "Anne-Marie O’Neil"),
        ("Ивано\u0306в", "Ивано\u0306в"),
        ("Андреи\u0306", "Андрей"),
        ("👩‍🏫 Ольга", "👩‍🏫 Ольга"),
        ("Ольга ❤\ufe0f", "Ольга ❤\ufe0f"),
        ("محمد", "محمد"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("李", "李"),
        ("a\u00a0b", "a b"),
    ],
)
def test_names_that_are_taken_as_they_are_meant(given_name: str, expected: str) -> None:
    assert display_name(given_name) == expected


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("", "empty"),
        (" \t\n ", "empty"),
        ("\u0301", "empty"),
        ("a\x00b", "invisible"),
        ("a\x07b", "invisible"),
        ("\u202eanna", "invisible"),
        ("an\u200bna", "invisible"),
        ("an\u200dna", "invisible"),
        ("\ufeffanna", "invisible"),
        ("\ue000", "invisible"),
        ("\u3164", "invisible"),
        ("\u2800\u2800", "invisible"),
        ("anna\u115f", "invisible"),
        ("an\u034fna", "invisible"),
        ("anna\ufe00", "invisible"),
        ("anna\U000e0100", "invisible"),
        ("x" * (NAME_CHARACTERS + 1), "too_long"),
        ("e" + "\u0323" * 400, "too_long"),
    ],
)
def test_names_that_are_refused(bad: str, problem: str) -> None:
    with pytest.raises(Refusal) as refused:
        display_name(bad)
    assert (refused.value.status, refused.value.body.code) == (422, "bad_name")
    assert refused.value.body.details["problem"] == problem


@pytest.mark.parametrize("length", [1, NAME_CHARACTERS - 1, NAME_CHARACTERS])
def test_names_of_allowed_length(length: int) -> None:
    assert display_name("ё" * length) == "ё" * length


@given(st.text(max_size=100))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = display_name(text)
    except Refusal:
        return
    assert display_name(name) == name
    assert "\x00" not in name


def test_names_that_read_alike_fold_alike() -> None:
    assert folded("Фёдор") == folded("ФЕДОР") == folded("федор")
    assert folded("ﬁn") == folded("FIN")


def test_marks_go_on_until_the_name_is_free() -> None:
    taken = {folded("Анна"), folded("Анна (2)"), folded("Анна (guest)")}
    assert distinct("анна", taken, protected=False) == "анна (3)"
    assert distinct("Анна", taken, protected=True) == "Анна (guest) (2)"
    assert distinct("Инна", taken, protected=True) == "Инна"


def test_what_cannot_be_seen_makes_no_other_name() -> None:
    assert distinct("Olga\ufe0f", {folded("Olga")}, protected=True) == "Olga\ufe0f (guest)"
