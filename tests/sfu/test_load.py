"""The share of a core."""

from sfu.load import Load


def test_share_since_the_last_measurement() -> None:
    load = Load(10.0, 100.0)
    assert load.measure(10.5, 102.0) == 0.25
    assert load.measure(10.5, 103.0) == 0.0
    assert load.measure(13.5, 104.0) == 1.0
    assert load.measure(13.6, 104.0) == 0.0
