"""The bench of settled viewers, small."""

import pytest

from bench import settled


def test_viewers_with_room_settle_and_what_they_cost_is_told_apart() -> None:
    figures, have_settled = settled.figures_of(2)
    assert have_settled
    for shares in figures.values():
        assert set(shares) == {"ticks", "feedback", "media"}
        assert all(share > 0 for share in shares.values())


def test_viewers_without_room_do_not_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled, "LINE", 180e3)
    assert not settled.figures_of(1)[1]
