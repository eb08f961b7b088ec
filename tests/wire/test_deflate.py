"""What is large, as it crosses the line."""

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zvonok.wire.deflate import Inflated, deflated, inflated

LIMIT = 1 << 16


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT])
def test_what_was_deflated_is_what_it_was(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    assert inflated(deflated(data), LIMIT) == data


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT * 100])
def test_of_more_than_the_limit_not_more_is_made(size: int) -> None:
    bomb = deflated(bytes(size))
    tracemalloc.start()
    with pytest.raises(Inflated):
        inflated(bomb, LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 4 * LIMIT
    tracemalloc.stop()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{}",
        zlib.compress(b"with a header"),
        deflated(b"cut off" * 9)[:-1],
        deflated(b"more") + b"x",
        deflated(b"one") + deflated(b"two"),
    ],
)
def test_what_is_no_whole_stream_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        inflated(data, LIMIT)


@given(st.binary(max_size=200), st.binary(max_size=20), st.integers(0, 200))
def test_whatever_comes_is_inflated_or_refused(data: bytes, damage: bytes, at: int) -> None:
    whole = deflated(data)
    for hostile in (data, whole[:at] + damage + whole[at:], whole[:at]):
        try:
            assert len(inflated(hostile, 50)) <= 50
        except (Inflated, ValueError):
            pass
