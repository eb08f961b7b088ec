"""Rates, with time as an argument."""

import pytest

from signaling.limits import Bucket, Buckets, Guesses, Rate, network


def test_a_burst_and_then_the_rate() -> None:
    bucket = Bucket(Rate(burst=3, per_second=2), now=0)
    assert [bucket.take(0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0) == pytest.approx(0.5)
    assert bucket.take(0.5) == 0
    assert bucket.take(0.5) > 0
    assert [bucket.take(1000) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(1000) > 0


def test_time_that_goes_back_fills_nothing() -> None:
    bucket = Bucket(Rate(burst=1, per_second=1), now=100)
    bucket.take(100)
    assert bucket.take(0) == pytest.approx(1)


def test_keys_do_not_disturb_each_other_and_are_forgotten() -> None:
    buckets = Buckets(Rate(burst=1, per_second=0.1), size=2)
    assert buckets.take("a", 0) == 0
    assert buckets.take("a", 0) > 0
    assert buckets.take("b", 0) == 0
    assert buckets.take("a", 0) > 0, "there is room for two"
    assert buckets.take("c", 0) == 0
    assert buckets.take("a", 0) > 0, "it was used after b"
    assert buckets.take("b", 0) == 0, "the longest unused is forgotten"


def test_who_guesses_too_often_is_limited_alone() -> None:
    guesses = Guesses(Rate(burst=2, per_second=1), Rate(burst=100, per_second=100), now=0)
    assert [guesses.wrong("1.2.3.4", 0) for _ in range(2)] == [0, 0]
    assert guesses.wrong("1.2.3.4", 0) > 0
    assert guesses.wrong("1.2.3.5", 0) == 0
    assert guesses.wrong("1.2.3.4", 1.5) == 0


def test_the_whole_world_is_limited() -> None:
    guesses = Guesses(Rate(burst=2, per_second=1), Rate(burst=3, per_second=1), now=0)
    assert [guesses.wrong(f"10.0.0.{n}", 0) for n in range(3)] == [0, 0, 0]
    assert guesses.wrong("10.0.0.9", 0) > 0


def test_one_person_has_a_whole_network() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:2") == "2001:db8::/64"
    assert network("2001:db8:0:1::1") != network("2001:db8::1")
    assert network("192.0.2.1") == "192.0.2.1"
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("local") == "local"
