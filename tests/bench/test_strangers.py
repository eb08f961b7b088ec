"""The bench of what strangers cost, small: each kind is what it is called."""

import pytest

from bench import strangers
from sfu.kernel.core import SteppedKernel


def test_each_kind_meets_what_it_is_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "COUNT", 1)
    monkeypatch.setattr(strangers, "ROUNDS", 1)
    counted = {}
    for name, data in strangers.kinds().items():
        kernel = SteppedKernel()
        kernel.open_session(1, 1, strangers.UFRAG, strangers.PASSWORD)
        assert strangers.cost(kernel, data) > 0
        [counted[name]] = [counter for counter, value in kernel.counters().items() if value]
        kernel.close()
    assert counted == {
        "garbage": "dropped_unknown_address",
        "large, plain": "stun_limited",
        "large, of many attributes": "dropped_garbage",
        "large, of an unknown session": "stun_refused",
        "large, with a wrong password": "stun_refused",
        "media from an unknown address": "dropped_unknown_address",
    }
