"""The crowd itself, small: what weak lines get does not depend on the machine."""

import pytest

from bench.lines import many, sockets
from bench.lines.sockets import Felt, _delays, _gaps


def test_weak_lines_are_spared_and_others_notice_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "VIEWERS", 6)
    monkeypatch.setattr(many, "WEAK", 2)
    monkeypatch.setattr(many, "feel", lambda *_: Felt(1.0, 0.0, 0.5))
    crowd = many.measure()
    assert 0.3 < crowd.sent <= crowd.sent_most <= 1.1
    assert crowd.weak_pictures >= 10
    assert crowd.others.pictures >= 19
    assert all(finding.met for finding in crowd.findings()), crowd.findings()


def test_real_sockets_carry_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "WARMING", 2.0)
    monkeypatch.setattr(sockets, "SECONDS", 2.0)
    felt = sockets.feel(2, 6, many.NARROW)
    assert 0.1 < felt.sent_most <= 1.1


def test_what_is_missing_in_a_stream_that_begins_anew_at_65536() -> None:
    assert _gaps({65534: 1, 65535: 1, 1: 1}) == 1
    assert _gaps(set()) == 0


def test_delays_are_those_of_the_quickest_and_more() -> None:
    spoken = [1000, 2000, 3000, 4000]
    assert sorted(_delays({70: 1400, 71: 2100, 72: 3600, 73: 5900}, spoken)) == [
        100, 400, 600, 1900,
    ]  # fmt: skip
