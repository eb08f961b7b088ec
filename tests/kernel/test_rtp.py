"""RTP headers against aiortc's, header extensions of both forms, padding, and garbage."""

import struct

import pytest
from aiortc.rtp import RtpPacket, pack_header_extensions
from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel import rtp


def packet(
    payload: bytes = b"payload", *, first: int = 0x80, csrcs: int = 0, extension: bytes = b""
) -> bytes:
    return (
        struct.pack("!BBHII", first | csrcs, 96, 7, 90000, 5)
        + bytes(4 * csrcs)
        + extension
        + payload
    )


def extended(profile: int, elements: bytes) -> bytes:
    assert len(elements) % 4 == 0
    return packet(first=0x90, extension=struct.pack("!HH", profile, len(elements) // 4) + elements)


@given(
    payload_type=st.integers(0, 127),
    marker=st.booleans(),
    sequence=st.integers(0, 65535),
    timestamp=st.integers(0, (1 << 32) - 1),
    ssrc=st.integers(0, (1 << 32) - 1),
    csrcs=st.lists(st.integers(0, (1 << 32) - 1), max_size=15),
    payload=st.binary(max_size=40),
)
def test_headers_that_aiortc_writes(
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    ssrc: int,
    csrcs: list[int],
    payload: bytes,
) -> None:
    written = RtpPacket(
        payload_type=payload_type,
        marker=int(marker),
        sequence_number=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=payload,
    )
    written.csrc = csrcs
    assert rtp.parse(written.serialize()) == {
        "payload_type": payload_type,
        "marker": marker,
        "sequence": sequence,
        "timestamp": timestamp,
        "ssrc": ssrc,
        "header": 12 + 4 * len(csrcs),
        "payload": len(payload),
    }


@given(
    st.dictionaries(st.integers(1, 255), st.binary(max_size=40), min_size=1, max_size=8),
    st.integers(1, 255),
)
def test_elements_that_aiortc_writes(elements: dict[int, bytes], absent: int) -> None:
    profile, value = pack_header_extensions(sorted(elements.items()))
    data = extended(profile, value)
    for identifier, content in elements.items():
        assert rtp.extension(data, identifier) == content
    if absent not in elements:
        assert rtp.extension(data, absent) is None


def test_padding_between_elements_is_skipped() -> None:
    data = extended(0xBEDE, b"\0\x10a\0\0\x21bc")
    assert rtp.extension(data, 1) == b"a"
    assert rtp.extension(data, 2) == b"bc"


def test_identifier_15_ends_a_one_byte_block() -> None:
    data = extended(0xBEDE, b"\x10a\xf0b\x20c\0\0")
    assert rtp.extension(data, 1) == b"a"
    assert rtp.extension(data, 15) is None
    assert rtp.extension(data, 2) is None


def test_the_low_bits_of_a_two_byte_profile_are_the_applications() -> None:
    assert rtp.extension(extended(0x100F, b"\x01\x01a\0"), 1) == b"a"


@pytest.mark.parametrize(
    ("profile", "elements"),
    [(0xBEDE, b"\x1fabc"), (0x1000, b"\x01\x09ab"), (0x1000, b"\0\0\0\x01"), (0x4242, b"\x10abc")],
)
def test_an_element_beyond_its_block_is_not_found(profile: int, elements: bytes) -> None:
    assert rtp.extension(extended(profile, elements), 1) is None


def test_no_extension_at_all() -> None:
    assert rtp.extension(packet(), 1) is None
    assert rtp.extension(packet(), 0) is None


@pytest.mark.parametrize("padding", [1, 4, 7])
def test_padding_is_not_payload(padding: int) -> None:
    data = packet(b"payload"[padding:] + bytes(padding - 1) + bytes([padding]), first=0xA0)
    assert rtp.parse(data)["payload"] == 7 - padding


@pytest.mark.parametrize("padding", [0, 8, 255])
def test_padding_longer_than_the_payload_is_wrong(padding: int) -> None:
    assert rtp.parse(packet(b"abcdef" + bytes([padding]), first=0xA0))["payload"] == -1


def test_padding_of_an_empty_payload_is_wrong() -> None:
    assert rtp.parse(packet(b"", first=0xA0))["payload"] == -1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        packet()[:11],
        packet(first=0x40),
        packet(csrcs=3)[:23],
        packet(b"", first=0x90),
        packet(b"abc", first=0x90),
        packet(b"\xbe\xde\x00\x02abcdefg", first=0x90),
        packet(b"\xbe\xde\xff\xff", first=0x90),
    ],
)
def test_headers_that_reach_beyond_the_packet(data: bytes) -> None:
    with pytest.raises(ValueError, match="malformed"):
        rtp.parse(data)
    with pytest.raises(ValueError, match="malformed"):
        rtp.extension(data, 1)


@given(st.binary(max_size=64), st.integers(0, 255))
def test_garbage(data: bytes, identifier: int) -> None:
    for attempt in (data, b"\x90" + data, b"\xb2" + data):
        try:
            parsed = rtp.parse(attempt)
        except ValueError:
            continue
        assert 12 <= parsed["header"] <= len(attempt)
        assert parsed["payload"] <= len(attempt) - parsed["header"]
        found = rtp.extension(attempt, identifier)
        assert found is None or found in attempt[: parsed["header"]]
