"""STUN against the vectors of RFC 5769, against aioice, and against garbage."""

import hashlib
import hmac
import struct
import zlib

import pytest
from aioice import stun as aioice_stun
from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel.stun import Message

PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff"
    "80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
RESPONSE_IPV4 = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
RESPONSE_IPV6 = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c"
)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(
    *attributes: bytes, kind: int = 1, password: bytes | None = None, fingerprint: bool = False
) -> bytes:
    """Built here from RFC 8489 §5, §14.5 and §14.7 and nothing of the kernel."""
    body = b"".join(attributes)

    def whole(extra: int) -> bytes:
        return struct.pack("!HHI", kind, len(body) + extra, 0x2112A442) + TRANSACTION + body

    if password is not None:
        body += attribute(8, hmac.digest(password, whole(24), hashlib.sha1))
    if fingerprint:
        body += attribute(0x8028, struct.pack("!I", zlib.crc32(whole(8)) ^ 0x5354554E))
    return whole(0)


def attributes_of(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 20
    while at < len(data):
        kind, size = struct.unpack_from("!HH", data, at)
        found[kind] = data[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return found


@pytest.mark.parametrize("count", [32, 33])
def test_more_attributes_than_anybody_needs_are_malformed(count: int) -> None:
    data = message(*[attribute(0x8022, b"")] * count)
    if count == 32:
        assert Message(data).kind == 0
    else:
        with pytest.raises(ValueError, match="malformed"):
            Message(data)


def test_sample_request_of_rfc5769() -> None:
    parsed = Message(REQUEST)
    assert parsed.kind == 0
    assert parsed.transaction == TRANSACTION
    assert parsed.username == b"evtj:h6vY"
    assert parsed.priority == 0x6E0001FF
    assert parsed.ice_controlled
    assert not parsed.ice_controlling
    assert not parsed.use_candidate
    assert parsed.has_integrity
    assert parsed.has_fingerprint
    assert parsed.unknown_required == 0
    assert parsed.check_integrity(PASSWORD)
    assert not parsed.check_integrity(PASSWORD[:-1])


@pytest.mark.parametrize("response", [RESPONSE_IPV4, RESPONSE_IPV6])
def test_sample_responses_of_rfc5769(response: bytes) -> None:
    parsed = Message(response)
    assert parsed.kind == 3
    assert parsed.check_integrity(PASSWORD)


def test_success_carries_the_address_of_rfc5769() -> None:
    parsed = Message(REQUEST)
    ipv6 = bytes.fromhex("20010db8123456780011223344556677")
    for ip, sample in ((bytes([192, 0, 2, 1]), RESPONSE_IPV4), (ipv6, RESPONSE_IPV6)):
        answer = parsed.success(ip, 32853, PASSWORD)
        assert attributes_of(answer)[0x20] == attributes_of(sample)[0x20]
        assert Message(answer).check_integrity(PASSWORD)
        assert Message(answer).has_fingerprint
        assert answer[:2] == b"\x01\x01"
        assert answer[8:20] == TRANSACTION


def test_aioice_accepts_the_answers() -> None:
    parsed = Message(REQUEST)
    success = aioice_stun.parse_message(parsed.success(bytes([10, 0, 0, 7]), 40000, PASSWORD))
    assert success.attributes["XOR-MAPPED-ADDRESS"] == ("10.0.0.7", 40000)
    assert success.message_class is aioice_stun.Class.RESPONSE
    conflict = aioice_stun.parse_message(parsed.error(487, PASSWORD))
    assert conflict.attributes["ERROR-CODE"] == (487, "Role Conflict")
    assert conflict.message_class is aioice_stun.Class.ERROR


def test_a_check_by_aioice_is_understood() -> None:
    check = aioice_stun.Message(
        message_method=aioice_stun.Method.BINDING, message_class=aioice_stun.Class.REQUEST
    )
    check.attributes["USERNAME"] = "server:client"
    check.attributes["PRIORITY"] = 12345
    check.attributes["ICE-CONTROLLING"] = 1 << 63
    check.attributes["USE-CANDIDATE"] = None
    check.add_message_integrity(b"secret")
    parsed = Message(bytes(check))
    assert parsed.kind == 0
    assert parsed.username == b"server:client"
    assert parsed.priority == 12345
    assert parsed.ice_controlling
    assert parsed.use_candidate
    assert parsed.check_integrity(b"secret")


# Without the two bytes that name the fingerprint: whoever changes them has removed it.
@pytest.mark.parametrize("at", [*range(100), *range(102, len(REQUEST))])
def test_a_changed_byte_is_noticed(at: int) -> None:
    """By the fingerprint, or, when an attacker repairs that, by the integrity."""
    changed = bytearray(REQUEST)
    changed[at] ^= 0x01
    with pytest.raises(ValueError, match="STUN"):
        Message(bytes(changed))
    changed[-4:] = struct.pack("!I", zlib.crc32(changed[:-8]) ^ 0x5354554E)
    try:
        parsed = Message(bytes(changed))
    except ValueError:
        return
    assert at >= len(REQUEST) - 8 or not parsed.check_integrity(PASSWORD)


@pytest.mark.parametrize("length", range(len(REQUEST)))
def test_a_cut_message_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="STUN"):
        Message(REQUEST[:length])


def test_a_tail_is_refused() -> None:
    with pytest.raises(ValueError, match="STUN"):
        Message(REQUEST + bytes(4))


def test_attributes_after_integrity_are_ignored() -> None:
    signed = message(attribute(6, b"a:b"), password=b"p")
    late = attribute(0x25, b"") + attribute(0x24, bytes([1, 2, 3, 4])) + attribute(0x7001, b"x")
    length = len(signed) - 20 + len(late)
    parsed = Message(signed[:2] + struct.pack("!H", length) + signed[4:] + late)
    assert not parsed.use_candidate
    assert parsed.priority == 0
    assert parsed.unknown_required == 0
    assert parsed.check_integrity(b"p")


def test_the_first_unknown_required_attribute_is_reported() -> None:
    parsed = Message(message(attribute(0xC057, b"1234"), attribute(0x7001, b""), attribute(3, b"")))
    assert parsed.unknown_required == 0x7001
    answer = parsed.error(420)
    found = attributes_of(answer)
    assert found[9] == b"\0\0\x04\x14Unknown Attribute"
    assert found[10] == b"\x70\x01"
    assert 8 not in found
    assert Message(answer).has_fingerprint


@pytest.mark.parametrize(("code", "reason"), [(400, b"Bad Request"), (401, b"Unauthenticated")])
def test_errors_are_signed_when_a_password_is_given(code: int, reason: bytes) -> None:
    parsed = Message(REQUEST)
    answer = parsed.error(code, PASSWORD)
    assert attributes_of(answer)[9] == bytes([0, 0, 4, code % 100]) + reason
    assert Message(answer).check_integrity(PASSWORD)
    assert not Message(parsed.error(code)).has_integrity


def test_what_cannot_be_answered_raises() -> None:
    parsed = Message(REQUEST)
    with pytest.raises(ValueError, match="code"):
        parsed.error(499)
    with pytest.raises(ValueError, match="address"):
        parsed.success(b"12345", 1, PASSWORD)


def test_kinds() -> None:
    assert Message(message(kind=0x0001)).kind == 0
    assert Message(message(kind=0x0011)).kind == 1
    assert Message(message(kind=0x0101)).kind == 3
    assert Message(message(kind=0x0111)).kind == 2
    assert Message(message(kind=0x0003)).kind == 2


@pytest.mark.parametrize(
    "wrong",
    [
        attribute(0x24, b"123"),
        attribute(0x25, b"1"),
        attribute(0x802A, b"1234"),
        attribute(8, b"short"),
        attribute(0x8028, b"12345"),
        attribute(6, bytes(514)),
        b"\x00\x06\xff\xff",
    ],
)
def test_attributes_of_a_wrong_length_are_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="STUN"):
        Message(message(wrong))


def test_integrity_needs_the_attribute() -> None:
    assert not Message(message(attribute(6, b"a:b"))).check_integrity(b"")


@given(st.binary(max_size=100), st.binary(max_size=80), st.booleans())
def test_passwords_of_any_length(username: bytes, password: bytes, fingerprint: bool) -> None:
    parsed = Message(message(attribute(6, username), password=password, fingerprint=fingerprint))
    assert parsed.username == username
    assert parsed.check_integrity(password)
    assert not parsed.check_integrity(password + b"x")
    assert parsed.has_fingerprint is fingerprint


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_parsed(data: bytes) -> None:
    for attempt in (data, message(data)):
        try:
            parsed = Message(attempt)
        except ValueError:
            continue
        assert not parsed.check_integrity(b"password")


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=20)), max_size=8))
def test_any_sequence_of_attributes(items: list[tuple[int, bytes]]) -> None:
    try:
        parsed = Message(message(*(attribute(kind, value) for kind, value in items)))
    except ValueError:
        return
    names = [value for kind, value in items if kind == 6]
    if 8 not in [kind for kind, _ in items]:
        assert parsed.username == (names[0] if names else None)
