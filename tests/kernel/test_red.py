"""RED (RFC 2198): what is read of it, whoever wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel.red import parse
from tests.kernel.sound import red


def test_the_blocks_of_a_payload() -> None:
    payload = red((111, 1920, b"first"), (111, 960, b"second!"), last=(111, b"third"))
    assert parse(payload) == [(111, 1920, b"first"), (111, 960, b"second!"), (111, 0, b"third")]


def test_a_payload_with_one_block() -> None:
    assert parse(b"\x6fonly") == [(111, 0, b"only")]


def test_the_most_that_a_header_can_say() -> None:
    payload = red((127, 0x3FFF, bytes(1023)), last=(0, b""))
    assert parse(payload) == [(127, 0x3FFF, bytes(1023)), (0, 0, b"")]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xef",
        b"\xef\x0f\x00",
        b"\xef\x0f\x00\x05",
        red((111, 960, b"longer than is there"), last=(111, b""))[:-1],
        red(*[(111, 960, b"x")] * 9, last=(111, b"x")),
    ],
    ids=["nothing", "1 of 4", "3 of 4", "no newest", "cut short", "too many"],
)
def test_what_is_malformed(payload: bytes) -> None:
    with pytest.raises(ValueError, match="malformed RED"):
        parse(payload)


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(payload: bytes) -> None:
    try:
        blocks = parse(payload)
    except ValueError:
        return
    assert sum(len(frame) for _, _, frame in blocks) == len(payload) - 4 * (len(blocks) - 1) - 1
