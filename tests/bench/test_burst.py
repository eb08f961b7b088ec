"""The bench itself, small: everybody comes in, through nginx and all processes."""

import asyncio

from bench.burst import Installation, burst


def test_a_class_comes_at_once() -> None:
    with Installation() as origin:
        measured = asyncio.run(burst(origin, 40))
    assert (measured["joined"], measured["refused"]) == (40, {})
