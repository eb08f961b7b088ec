"""Who may talk to the kernel, from where."""

import ipaddress
import struct
import sys
from socket import inet_aton

import pytest

from sfu.kernel.core import EVENT_CONNECTED, EVENT_DTLS, EVENT_LOST, SteppedKernel
from tests.kernel.peer import COOKIE, PASSWORD, Stage, binding_request
from zvonok.wire.ids import VIDEO_SLOTS

CLIENT_HELLO = bytes([22, 254, 253]) + bytes(60)
ELSEWHERE = ("192.0.2.9", 9999)
PLAIN = struct.pack("!HHI", 1, 0, COOKIE) + b"transaction!"


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def with_wrong_sum(body: bytes) -> bytes:
    """A binding request with these attributes and a fingerprint that is not theirs."""
    body += attribute(0x8028, b"\x00\x00\x00\x00")
    return struct.pack("!HHI", 1, len(body), COOKIE) + b"transaction!" + body


def kinds(stage: Stage) -> list[int]:
    return [event[0] for event in stage.kernel.events()]


def test_an_authenticated_check_is_answered_and_connects(stage: Stage) -> None:
    peer = stage.join(1)
    assert [data[:2] for data in peer.other] == [b"\x01\x01"]
    assert stage.kernel.events() == [(EVENT_CONNECTED, peer.handle, 0, 0, b"")]


def test_ipv6_peers_are_answered(stage: Stage) -> None:
    peer = stage.join(1)
    peer.check(address=("2001:db8::7", 5000))
    stage.deliver()
    [(data, address)] = stage.refused
    assert address == ("2001:db8::7", 5000)
    assert data[:2] == b"\x01\x01"


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (b"ufrag001:peer", b"q" * 22),
        (b"nobody00:peer", PASSWORD),
        (b"ufrag001", PASSWORD),
        (b":", PASSWORD),
    ],
)
def test_a_wrong_check_gets_no_answer(stage: Stage, username: bytes, password: bytes) -> None:
    stage.join(1)
    stage.kernel.receive(binding_request(username, password), ELSEWHERE, stage.now)
    stage.deliver()
    assert stage.refused == []
    assert stage.kernel.counters()["stun_refused"] == 1


def test_wrong_checks_are_limited_per_session(stage: Stage) -> None:
    peer, classmate = stage.join(1), stage.join(2)
    wrong = binding_request(b"ufrag001:peer", b"q" * 22)
    for _ in range(80):
        stage.kernel.receive(wrong, ELSEWHERE, stage.now)
    counters = stage.kernel.counters()
    assert counters["stun_refused"] == 50
    assert counters["stun_limited"] == 30
    peer.check()
    classmate.check(address=("192.0.2.9", 8888))
    stage.deliver()
    assert len(peer.other) == 2, "an address that was checked before is not limited"
    assert len(stage.refused) == 1, "nor is another session behind the same address"
    peer.check(address=ELSEWHERE)
    stage.now += 1_000_000
    peer.check(address=ELSEWHERE)
    stage.deliver()
    assert len(stage.refused) == 2, "the limit passes"


def test_a_plain_request_is_reflected_and_opens_nothing(stage: Stage) -> None:
    for _ in range(530):
        stage.kernel.receive(PLAIN, ELSEWHERE, stage.now)
    stage.deliver()
    assert len(stage.refused) == 500, "limited per address"
    answer, address = stage.refused[0]
    assert address == ELSEWHERE
    assert answer[:2] == b"\x01\x01"
    assert answer[8:20] == b"transaction!"
    assert len(answer) <= 40, "no amplifier"
    stage.kernel.receive(CLIENT_HELLO, ELSEWHERE, stage.now)
    assert stage.kernel.events() == []


def old_bucket(address: str) -> int:
    """Where the kernel once counted an address, alone."""
    h = 2166136261
    for byte in ipaddress.ip_address(address).packed + bytes(12):
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    return h % 1024


def test_two_addresses_that_are_counted_in_one_place_are_limited(stage: Stage) -> None:
    first = "192.0.2.1"
    names = (f"198.51.{i >> 8}.{i & 255}" for i in range(65536))
    second = next(name for name in names if old_bucket(name) == old_bucket(first))
    for _ in range(600):
        stage.kernel.receive(PLAIN, (first, 5000), stage.now)
        stage.kernel.receive(PLAIN, (second, 5000), stage.now)
    stage.deliver()
    assert len(stage.refused) <= 1000


def test_all_addresses_of_one_customer_are_limited_together(stage: Stage) -> None:
    for host in range(600):
        stage.kernel.receive(PLAIN, (f"2001:db8::{host:x}", 5000), stage.now)
    stage.deliver()
    assert len(stage.refused) == 500


def test_who_sent_it_is_looked_up_before_its_bytes_are_summed(stage: Stage) -> None:
    """A wrong sum is found in nothing whose sender is unknown, nor in what is too long anyway."""
    stage.join(1)
    long_one = with_wrong_sum(attribute(0x8022, bytes(1300)))
    stage.kernel.receive(long_one, ELSEWHERE, stage.now)
    stranger = with_wrong_sum(attribute(6, b"nobody00:peer") + attribute(8, bytes(20)))
    stage.kernel.receive(stranger, ELSEWHERE, stage.now)
    counters = stage.kernel.counters()
    assert counters["stun_limited"] == 1
    assert counters["stun_refused"] == 1
    assert counters["dropped_garbage"] == 0
    stage.kernel.receive(with_wrong_sum(b""), ELSEWHERE, stage.now)
    assert stage.kernel.counters()["dropped_garbage"] == 1


def test_a_peer_that_calls_itself_controlled_is_told_of_the_conflict(stage: Stage) -> None:
    stage.join(1)
    request = binding_request(b"ufrag001:peer", PASSWORD, controlled=True)
    stage.kernel.receive(request, ELSEWHERE, stage.now)
    stage.deliver()
    [(data, _)] = stage.refused
    assert data[:2] == b"\x01\x11"
    assert b"\x00\x00\x04\x57" in data, "487"


def test_answers_to_checks_that_are_of_no_use_are_limited(stage: Stage) -> None:
    stage.join(1)
    request = binding_request(b"ufrag001:peer", PASSWORD, controlled=True)
    for port in range(200):
        stage.kernel.receive(request, ("192.0.2.9", 5000 + port), stage.now)
    stage.deliver()
    assert len(stage.refused) == 50


def test_dtls_is_taken_only_from_a_checked_address(stage: Stage) -> None:
    peer = stage.join(1)
    stage.kernel.events()
    stage.kernel.receive(CLIENT_HELLO, ELSEWHERE, stage.now)
    assert stage.kernel.events() == []
    assert stage.kernel.counters()["dropped_unknown_address"] == 1
    stage.kernel.receive(CLIENT_HELLO, peer.address, stage.now)
    network = int.from_bytes(inet_aton(peer.address[0]), sys.byteorder)
    assert stage.kernel.events() == [(EVENT_DTLS, peer.handle, network, 0, CLIENT_HELLO)]


def test_dtls_leaves_to_the_nominated_address(stage: Stage) -> None:
    peer = stage.join(1)
    peer.check(nominated=False, address=ELSEWHERE)
    stage.kernel.send_dtls(peer.handle, CLIENT_HELLO)
    stage.deliver()
    assert CLIENT_HELLO in peer.other


def test_restarted_credentials_work_beside_the_old_ones(stage: Stage) -> None:
    peer = stage.join(1)
    stage.kernel.restart_ice(peer.handle, b"newufrag", b"n" * 24)
    peer.check()
    stage.kernel.receive(binding_request(b"newufrag:x", b"n" * 24), ELSEWHERE, stage.now)
    stage.deliver()
    assert len(peer.other) == 2
    assert len(stage.refused) == 1
    assert stage.kernel.counters()["stun_refused"] == 0


def test_credentials_in_use_outlast_restarts_whose_answers_got_lost(stage: Stage) -> None:
    """A page whose line stands still restarts twice, and Chromium checks with what it knows."""
    peer = stage.join(1)
    for name in (b"second", b"third", b"fourth"):
        stage.kernel.restart_ice(peer.handle, name, b"n" * 24)
    peer.check()
    assert accepted(stage, b"fourth")
    peer.check()
    assert stage.kernel.counters()["stun_refused"] == 0
    assert not accepted(stage, b"second")
    assert not accepted(stage, b"third")
    stage.kernel.restart_ice(peer.handle, b"fifth", b"n" * 24)
    assert accepted(stage, b"fourth")
    assert accepted(stage, b"fifth")
    refused = stage.kernel.counters()["stun_refused"]
    peer.check()
    assert stage.kernel.counters()["stun_refused"] == refused + 1


def accepted(stage: Stage, ufrag: bytes) -> bool:
    before = stage.kernel.counters()["stun_accepted"]
    stage.kernel.receive(binding_request(ufrag + b":x", b"n" * 24), ELSEWHERE, stage.now)
    return stage.kernel.counters()["stun_accepted"] > before


def test_closed_sessions_answer_nothing(stage: Stage) -> None:
    peer = stage.join(1)
    stage.kernel.close_session(peer.handle)
    before = len(peer.other)
    peer.check()
    stage.kernel.receive(CLIENT_HELLO, peer.address, stage.now)
    stage.deliver()
    assert len(peer.other) == before
    assert stage.kernel.counters()["dropped_unknown_address"] == 1


def test_a_peer_is_lost_after_30_s_and_found_again(stage: Stage) -> None:
    peer = stage.join(1)
    stage.wait(29_000)
    assert EVENT_LOST not in kinds(stage)
    stage.wait(1_200)
    assert kinds(stage) == [EVENT_LOST]
    peer.check()
    assert kinds(stage) == [EVENT_CONNECTED]
    stage.wait(31_000)
    assert kinds(stage) == [EVENT_LOST]


def test_many_addresses_of_one_peer_keep_the_current_one(stage: Stage) -> None:
    peer = stage.join(1)
    peer.publish()
    for port in range(1, 40):
        peer.check(nominated=False, address=("192.0.2.1", port))
    peer.speak()
    assert stage.kernel.counters()["packets_received"] == 1


@pytest.mark.parametrize("first", [0, 3, 4, 19, 64, 79, 192, 255])
def test_other_first_bytes_are_garbage(stage: Stage, first: int) -> None:
    peer = stage.join(1)
    stage.kernel.receive(bytes([first]) + bytes(50), peer.address, stage.now)
    assert stage.kernel.counters()["dropped_garbage"] == 1


def test_handles_come_back_only_after_their_last_event() -> None:
    kernel = SteppedKernel(max_sessions=1)
    try:
        handle = kernel.open_session(1, 1, b"ufrag", PASSWORD)
        kernel.close_session(handle)
        with pytest.raises(OverflowError):
            kernel.open_session(1, 2, b"ufrag", PASSWORD)
        assert kernel.events() == []
        assert kernel.open_session(1, 2, b"ufrag", PASSWORD) == handle
    finally:
        kernel.close()


def test_commands_to_what_is_not_open_are_refused(stage: Stage) -> None:
    kernel = stage.kernel
    peer = stage.join(1)
    with pytest.raises(ValueError, match="not open"):
        kernel.set_gate(63, 0, True)
    with pytest.raises(ValueError, match="kind 4"):
        kernel.set_gate(peer.handle, 4, True)
    with pytest.raises(ValueError, match="video slot"):
        kernel.set_slot(peer.handle, VIDEO_SLOTS, peer.handle, 1, 0)
    with pytest.raises(ValueError, match="layer 3"):
        kernel.set_slot(peer.handle, 0, peer.handle, 1, 3)
    with pytest.raises(ValueError, match="keys"):
        kernel.set_keys(peer.handle, 7, b"short", b"short")
    with pytest.raises(ValueError, match="ufrag"):
        kernel.open_session(1, 2, b"abc", PASSWORD)
