"""Names people give, honest and not."""

import unicodedata

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from signaling.confusables import skeleton
from signaling.names import NAME_CHARACTERS, display_name, distinct, folded, looks
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
        ("Вася VIP", "Вася VIP"),
        ("Анна-Maria 5Б", "Анна-Maria 5Б"),
        ("Мар’яна", "Мар’яна"),
        ("山田くんAnna", "山田くんAnna"),
        ("山田くんカAnna", "山田くんカAnna"),
        ("ㄅ李A", "ㄅ李A"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("علیَ\u200cرضا", "علیَ\u200cرضا"),
        ("क\u094d\u200dष", "क\u094d\u200dष"),
        ("नर\u200cहरि", "नर\u200cहरि"),
        ("ක\u0dca\u200dරිෂ්ණ", "ක\u0dca\u200dරිෂ්ණ"),
        ("നന\u0d4d\u200d", "നന\u0d4d\u200d"),
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
        ("\u20dd", "empty"),
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
        ("ан\u200cна", "invisible"),
        ("علی\u200c", "invisible"),
        ("\u200d👩", "invisible"),
        ("\u200d👩 क\u094d", "invisible"),
        ("\u200cعلی", "invisible"),
        ("علی\u200c\u200cرضا", "invisible"),
        ("علیa\u200cرضا", "invisible"),
        ("علی1\u200cرضا", "invisible"),
        ("علی \u200cرضا", "invisible"),
        ("علی\u200bرضا", "invisible"),
        ("Oльга", "mixed_scripts"),
        ("Ольга Cемёнова", "mixed_scripts"),
        ("Ольгα", "mixed_scripts"),
        ("O\u0335льга", "mixed_scripts"),
        ("օльга", "mixed_scripts"),
        ("x" * (NAME_CHARACTERS + 1), "too_long"),
        ("e" + "\u0323" * 400, "too_long"),
    ],
)
def test_names_that_are_refused(bad: str, problem: str) -> None:
    with pytest.raises(Refusal) as refused:
        display_name(bad)
    assert (refused.value.status, refused.value.body.code) == (422, "bad_name")
    details = refused.value.body.details
    assert (details["field"], details["problem"]) == ("name", problem)
    assert details["max_length"] == NAME_CHARACTERS


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
    assert folded("Ольга ❤\ufe0f") == folded("ольга ❤")
    assert folded("علی\u200cرضا") == folded("علیرضا")


@pytest.mark.parametrize(
    ("name", "imitation"),
    [
        ("Ольга", "Oльга"),
        ("Ольга", "Ольгa"),
        ("Ольга", "0льга"),
        ("Сахар", "Caxap"),
        ("Кира", "кира"),
        ("кира", "Kира"),
        ("Корг", "Kopr"),
        ("ОЛЬГА", "Ольга"),
        ("Алёна", "Алена"),
        ("Алёна", "Ал\u0435\u0308на"),
        ("OLGA", "ꓳꓡꓖꓮ"),
        ("ОЛГА", "ΟΛΓΑ"),
        ("Ivan I", "Ivan l"),
        ("Anna", "𝐀𝐧𝐧𝐚"),
        ("علیرضا", "علی\u200cرضا"),
        ("Łukasz", "L\u0338ukasz"),
    ],
)
def test_names_that_look_alike(name: str, imitation: str) -> None:
    assert looks(name) & looks(imitation)
    assert distinct(imitation, looks(name), protected=True) == (imitation, True)


def test_whatever_unicode_calls_alike_looks_alike() -> None:
    """But for what is taken apart before it is looked up, and what has marks of direction."""

    def plain(text: str) -> bool:
        return text == unicodedata.normalize("NFD", text) and "\u200e" not in text

    pairs = [
        (text, other["c"])
        for text, others in confusables_data.items()
        for other in others
        if len(text) == 1 and plain(text) and plain(other["c"])
    ]
    assert len(pairs) > 5000
    assert [pair for pair in pairs if skeleton(pair[0]) != skeleton(pair[1])] == []


@pytest.mark.parametrize(
    ("name", "other"),
    [("Вова", "Боба"), ("Вера", "Бера"), ("Анна", "Инна"), ("Саша", "Паша"), ("Андрей", "Андреи")],
)
def test_names_that_do_not(name: str, other: str) -> None:
    assert not looks(name) & looks(other)


def test_a_moderator_may_be_called_as_he_likes() -> None:
    assert display_name("Oльга", trusted=True) == "Oльга"


def test_the_word_that_mixes_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        display_name("Иванова Oльга")
    assert refused.value.body.details["word"] == "Oльга"


def test_marks_go_on_until_the_name_is_free() -> None:
    taken = looks("Анна") | looks("Анна (2)") | looks("Анна (guest)")
    assert distinct("анна", taken, protected=False) == ("анна (3)", False)
    assert distinct("Анна", taken, protected=True) == ("Анна (2)", True)
    assert distinct("Инна", taken, protected=True) == ("Инна", False)


def test_what_cannot_be_seen_makes_no_other_name() -> None:
    assert distinct("Olga\ufe0f", looks("Olga"), protected=True) == ("Olga\ufe0f", True)
