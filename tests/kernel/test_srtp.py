"""SRTP against the vectors of RFC 3711 and RFC 7714 and against libsrtp both ways."""

import random
import struct
from collections.abc import Callable

import pylibsrtp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel.srtp import Context, Forged, Replayed, derive

CM, GCM = 0x0001, 0x0007
PROFILES = pytest.mark.parametrize("profile", [CM, GCM])
KEYS = {CM: bytes(range(30)), GCM: bytes(range(100, 128))}
SSRC = 0xDECAFBAD
NOTHING = (bytes(16), b"", b"")


def header(sequence: int, *, ssrc: int = SSRC, extension: bytes = b"") -> bytes:
    first = 0x90 if extension else 0x80
    return struct.pack("!BBHII", first, 96, sequence & 0xFFFF, 1234, ssrc) + extension


def pair(profile: int) -> tuple[Context, Context]:
    key = KEYS[profile]
    return Context(profile, key, sending=True), Context(profile, key, sending=False)


def libsrtp(profile: int, ssrc_type: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(
        pylibsrtp.Policy(key=KEYS[profile], ssrc_type=ssrc_type, srtp_profile=profile)
    )


def sender(profile: int) -> pylibsrtp.Session:
    return libsrtp(profile, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)


def receiver(profile: int) -> pylibsrtp.Session:
    return libsrtp(profile, pylibsrtp.Policy.SSRC_ANY_INBOUND)


# ------------------------------------------------------------------------------------- vectors


def test_key_derivation_of_rfc3711_appendix_b3() -> None:
    master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")
    key, salt, auth = derive(CM, master, 0)
    assert key.hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert salt.hex().upper() == "30CBBC08863D8C85D49DB34A9AE1" + "0000"
    assert auth.hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"


def test_key_stream_of_rfc3711_appendix_b2() -> None:
    keys = (
        bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"),
        bytes.fromhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
        bytes(20),
    )
    context = Context.with_session_keys(CM, keys, NOTHING, sending=True)
    stream = context.protect(header(0, ssrc=0), bytes(48))[12:-10]
    assert stream.hex().upper() == (
        "E03EAD0935C95E80E166B16DD92B4EB4"
        "D23513162B02D0F72A43A2FE4A5F97AB"
        "41E95B3BB0A2E8DD477901E4FCA894C0"
    )


QUID_PRO_QUO = bytes.fromhex("517569642070726f2071756f")
SESSION_GCM = (bytes(range(16)), QUID_PRO_QUO, b"")


def test_srtp_of_rfc7714_section_16_1() -> None:
    plain_header = bytes.fromhex("8040f17b8041f8d35501a0b2")
    payload = b"Gallia est omnis divisa in partes tres"
    wire = bytes.fromhex(
        "8040f17b8041f8d35501a0b2"
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
        "899d7f27beb16a9152cf765ee4390cce"
    )
    sending = Context.with_session_keys(GCM, SESSION_GCM, NOTHING, sending=True)
    assert sending.protect(plain_header, payload) == wire
    receiving = Context.with_session_keys(GCM, SESSION_GCM, NOTHING, sending=False)
    assert receiving.unprotect(wire) == plain_header + payload


def test_srtcp_of_rfc7714_section_17_1() -> None:
    plain = bytes.fromhex(
        "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"
    )
    wire = bytes.fromhex(
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32d"
        "c676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf872"
        "45d9eade800005d4"
    )
    sending = Context.with_session_keys(GCM, NOTHING, SESSION_GCM, sending=True)
    sending.rtcp_index = 0x5D4
    assert sending.protect_rtcp(plain) == wire
    receiving = Context.with_session_keys(GCM, NOTHING, SESSION_GCM, sending=False)
    assert receiving.unprotect_rtcp(wire) == plain


# ------------------------------------------------------------------------------------- libsrtp


def traffic() -> list[tuple[bytes, bytes, int]]:
    """Header, payload and roll-over counter across a wrap, with losses and odd sizes."""
    lost = random.Random(5)
    extended = struct.pack("!HH", 0xBEDE, 1) + b"\x10\xff\0\0"
    return [
        (
            header(index, extension=extended if index % 3 == 0 else b""),
            bytes([index & 0xFF]) * (index % 47 if index % 5 else 1200),
            index >> 16,
        )
        for index in range(65000, 66200)
        if lost.random() > 0.1
    ]


@PROFILES
def test_libsrtp_understands_what_we_protect(profile: int) -> None:
    context, _ = pair(profile)
    other = receiver(profile)
    for head, payload, roc in traffic():
        assert other.unprotect(context.protect(head, payload, roc)) == head + payload


@PROFILES
def test_libsrtp_agrees_byte_for_byte(profile: int) -> None:
    context, _ = pair(profile)
    other = sender(profile)
    for head, payload, roc in traffic():
        assert context.protect(head, payload, roc) == other.protect(head + payload)


def shuffled(items: list[tuple[bytes, bytes]], reach: int) -> list[tuple[bytes, bytes]]:
    order = random.Random(11)
    return [
        item
        for _, item in sorted(
            ((i + order.random() * reach, item) for i, item in enumerate(items)),
            key=lambda pair: pair[0],
        )
    ]


@PROFILES
def test_we_understand_libsrtp_across_loss_reordering_and_wrap(profile: int) -> None:
    _, context = pair(profile)
    other = sender(profile)
    sent = [(head + load, other.protect(head + load)) for head, load, _ in traffic()]
    lengths = {
        plain: len(head)
        for plain, (head, _, _) in zip((p for p, _ in sent), traffic(), strict=True)
    }
    for plain, wire in shuffled(sent, 60):
        assert context.unprotect(wire, lengths[plain]) == plain


@PROFILES
def test_rtcp_both_ways_against_libsrtp(profile: int) -> None:
    ours_out, ours_in = pair(profile)
    theirs_out, theirs_in = sender(profile), receiver(profile)
    for i in range(200):
        plain = struct.pack("!BBHI", 0x80, 201, 1 + i % 9, SSRC + i % 3) + bytes(4 * (i % 9))
        assert theirs_in.unprotect_rtcp(ours_out.protect_rtcp(plain)) == plain
        assert ours_in.unprotect_rtcp(theirs_out.protect_rtcp(plain)) == plain


# ------------------------------------------------------------------- roll-over counter and replay


@PROFILES
def test_many_wraps(profile: int) -> None:
    out, into = pair(profile)
    for index in range(0, 1 << 20, 20000):
        wire = out.protect(header(index), b"payload", index >> 16)
        assert into.unprotect(wire) == header(index) + b"payload"


@PROFILES
def test_a_late_packet_from_before_the_wrap(profile: int) -> None:
    out, into = pair(profile)
    for index in (65530, 65537, 65535, 65531, 65540, 65536):
        assert into.unprotect(out.protect(header(index), b"x", index >> 16))


@PROFILES
def test_reordering_around_the_very_first_packet(profile: int) -> None:
    """Before the first wrap there is no roll-over counter to go back to."""
    out, into = pair(profile)
    assert into.unprotect(out.protect(header(2), b"x"))
    assert into.unprotect(out.protect(header(1), b"x"))
    with pytest.raises(Forged):
        into.unprotect(out.protect(header(65535), b"x", 0xFFFFFFFF))


@PROFILES
def test_a_replay_is_dropped_and_the_window_slides(profile: int) -> None:
    out, into = pair(profile)
    wires = [out.protect(header(i), bytes(20)) for i in range(1, 400)]
    for wire in wires[:200]:
        into.unprotect(wire)
    for wire in wires[:200]:
        with pytest.raises(Replayed):
            into.unprotect(wire)
    into.unprotect(wires[327])
    into.unprotect(wires[200])  # 127 before the highest: the last place of the window
    with pytest.raises(Replayed):
        into.unprotect(wires[199])
    for wire in wires[201:327]:
        into.unprotect(wire)
    for wire in wires[200:328]:
        with pytest.raises(Replayed):
            into.unprotect(wire)


@given(st.lists(st.integers(0, 500), max_size=300), st.integers(0, 1 << 33))
def test_the_window_against_a_set(steps: list[int], base: int) -> None:
    out, into = pair(GCM)
    into.set_roc(SSRC, base >> 16, base & 0xFFFF)
    seen = {base}
    for step in steps:
        index = base + step
        wire = out.protect(header(index), b"x", (index >> 16) & 0xFFFFFFFF)
        fresh = index not in seen and index > max(seen) - 128
        if fresh:
            into.unprotect(wire)
            seen.add(index)
        else:
            with pytest.raises(Replayed):
                into.unprotect(wire)


@PROFILES
def test_a_forgery_moves_no_window(profile: int) -> None:
    out, into = pair(profile)
    into.unprotect(out.protect(header(1), b"first"))
    with pytest.raises(Forged):
        into.unprotect(out.protect(header(30000), b"far")[:-1] + b"\0")
    assert into.unprotect(out.protect(header(2), b"second")) == header(2) + b"second"


@PROFILES
def test_sources_have_windows_of_their_own(profile: int) -> None:
    out, into = pair(profile)
    for ssrc in range(5):
        for sequence in (1, 2):
            assert into.unprotect(out.protect(header(sequence, ssrc=ssrc), b"x"))


# -------------------------------------------------------------------------------- altered packets


@PROFILES
def test_every_altered_byte_is_noticed(profile: int) -> None:
    out, into = pair(profile)
    wire = out.protect(header(7), b"some payload of an RTP packet")
    for at in range(len(wire)):
        altered = bytearray(wire)
        altered[at] ^= 0x40
        with pytest.raises(Forged):
            into.unprotect(bytes(altered))
    assert into.unprotect(wire)


@PROFILES
def test_every_altered_byte_of_rtcp_is_noticed(profile: int) -> None:
    out, into = pair(profile)
    wire = out.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 6, SSRC) + bytes(20))
    for at in range(len(wire)):
        altered = bytearray(wire)
        altered[at] ^= 0x80
        with pytest.raises(Forged):
            into.unprotect_rtcp(bytes(altered))
    assert into.unprotect_rtcp(wire)


@PROFILES
def test_another_key_is_noticed(profile: int) -> None:
    out, _ = pair(profile)
    other = Context(profile, bytes(len(KEYS[profile])), sending=False)
    with pytest.raises(Forged):
        other.unprotect(out.protect(header(1), b"x"))


@PROFILES
def test_rtcp_replays(profile: int) -> None:
    out, into = pair(profile)
    wires = [
        out.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, ssrc))
        for _ in range(70)
        for ssrc in (1, 2)
    ]
    for wire in reversed(wires[60:70]):
        into.unprotect_rtcp(wire)
    for wire in wires[60:70]:
        with pytest.raises(Replayed):
            into.unprotect_rtcp(wire)
    into.unprotect_rtcp(wires[139])
    with pytest.raises(Replayed):
        into.unprotect_rtcp(wires[139 - 64])  # of sender 2, too old for the window
    into.unprotect_rtcp(wires[139 - 62])


@PROFILES
def test_more_rtcp_senders_than_places(profile: int) -> None:
    out, into = pair(profile)
    wires = [out.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, i)) for i in range(40)]
    for wire in wires:
        into.unprotect_rtcp(wire)
    for wire in wires[-16:]:
        with pytest.raises(Replayed):
            into.unprotect_rtcp(wire)


def test_rtcp_without_encryption_is_refused() -> None:
    out, into = pair(CM)
    wire = bytearray(out.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, SSRC)))
    wire[8] &= 0x7F
    with pytest.raises(Forged):
        into.unprotect_rtcp(bytes(wire))


def test_the_rtcp_index_is_never_used_twice() -> None:
    out, _ = pair(GCM)
    out.rtcp_index = (1 << 31) - 1
    plain = struct.pack("!BBHI", 0x80, 201, 1, SSRC)
    assert out.protect_rtcp(plain)[-4:] == b"\xff\xff\xff\xff"
    with pytest.raises(ValueError, match="failed"):
        out.protect_rtcp(plain)


# --------------------------------------------------------------------------------------- lengths


@PROFILES
@pytest.mark.parametrize("size", range(60))
def test_short_packets_are_refused(profile: int, size: int) -> None:
    _, into = pair(profile)
    calls: list[Callable[[], bytes]] = [
        lambda: into.unprotect(bytes(size)),
        lambda: into.unprotect(bytes(size), size + 1),
        lambda: into.unprotect_rtcp(bytes(size)),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="^(packet too short)?$"):
            call()


@PROFILES
def test_room_for_the_tag_is_checked(profile: int) -> None:
    out, _ = pair(profile)
    tag = 16 if profile == GCM else 10
    assert len(out.protect(header(1), bytes(100), cap=112 + tag)) == 112 + tag
    with pytest.raises(ValueError, match="failed"):
        out.protect(header(1), bytes(100), cap=112 + tag - 1)
    report = struct.pack("!BBHI", 0x80, 201, 1, SSRC)
    assert len(out.protect_rtcp(report, room=tag + 4)) == 8 + tag + 4
    with pytest.raises(ValueError, match="failed"):
        out.protect_rtcp(report, room=tag + 3)
    with pytest.raises(ValueError, match="failed"):
        out.protect(bytes(11), b"")
    with pytest.raises(ValueError, match="failed"):
        out.protect_rtcp(bytes(7))


@PROFILES
def test_a_context_works_in_its_direction_only(profile: int) -> None:
    out, into = pair(profile)
    wire = out.protect(header(1), b"x")
    with pytest.raises(ValueError, match="failed"):
        out.unprotect(wire)
    with pytest.raises(ValueError, match="failed"):
        into.protect(header(1), b"x")


@pytest.mark.parametrize(("profile", "length"), [(CM, 28), (GCM, 30), (GCM, 0), (2, 30), (8, 28)])
def test_wrong_keys_and_profiles(profile: int, length: int) -> None:
    with pytest.raises(ValueError, match="profile"):
        Context(profile, bytes(length), sending=True)


@PROFILES
@given(head=st.integers(0, 80), payload=st.binary(max_size=1500), sequence=st.integers(0, 65535))
def test_round_trip(profile: int, head: int, payload: bytes, sequence: int) -> None:
    out, into = pair(profile)
    first = header(sequence) + bytes(head)
    assert into.unprotect(out.protect(first, payload), len(first)) == first + payload


@PROFILES
@given(data=st.binary(max_size=120), header_len=st.integers(0, 200))
def test_garbage_is_refused(profile: int, data: bytes, header_len: int) -> None:
    _, into = pair(profile)
    with pytest.raises(ValueError, match="^(packet too short)?$"):
        into.unprotect(data, header_len)
    with pytest.raises(ValueError, match="^(packet too short)?$"):
        into.unprotect_rtcp(data)
