"""The bench itself, small. What a view makes Redis write does not depend on the machine."""

import pytest

from bench import flood, views


async def test_a_view_writes_no_more_than_a_kilobyte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PEOPLE", 30)
    result = await views.run()
    assert result["offer_bytes"] > 70_000
    assert 0 < result["bytes_a_view"] <= views.LIMIT_BYTES


async def test_honest_people_are_served_during_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "HONEST", 3)
    monkeypatch.setattr(flood, "STALLED", 70)
    rows = await flood.run()
    assert [row["name"] for row in rows] == [
        "answers, quiet",
        "handshakes, quiet",
        "answers, attacked",
        "handshakes, attacked",
    ]
