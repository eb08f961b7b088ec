"""Where a peer's media goes: which address, and whether anything goes there at all."""

import struct

import pytest

from sfu.kernel.core import (
    EVENT_CONNECTED,
    EVENT_LOST,
    KIND_CAMERA,
    PROFILE_AEAD_AES_128_GCM,
    SteppedKernel,
)
from tests.kernel.peer import (
    COOKIE,
    PASSWORD,
    SLOT_SSRC,
    Address,
    Peer,
    Stage,
    binding_request,
    binding_success,
    pictures,
)
from tests.kernel.test_repair import nack

NEW = ("192.0.2.9", 9999)
OTHER = ("192.0.2.10", 7777)
PLAIN = struct.pack("!HHI", 1, 0, COOKIE) + b"transaction!"
OWN_UFRAG, OWN_PASSWORD = b"browser1", b"b" * 24
STOPPED = 6_900
"""Milliseconds of silence after which nothing is sent any more."""
QUIET = 1_900
"""Milliseconds of silence after which checks may move the path."""


def lesson(stage: Stage) -> tuple[Peer, Peer]:
    """Somebody who speaks and shows himself, and somebody who only reports."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher)
    stage.kernel.set_peer(viewer.handle, OWN_UFRAG, OWN_PASSWORD)
    publisher.camera(1, keyframe=True)
    viewer.report()
    stage.kernel.events()
    stage.refused.clear()
    return publisher, viewer


def speak_for(stage: Stage, publisher: Peer, milliseconds: int) -> None:
    """Sound every 20 ms; the publisher sends no checks."""
    for _ in range(0, milliseconds, 20):
        stage.wait(20)
        publisher.speak()


def sent_to(stage: Stage, address: Address) -> list[bytes]:
    stage.deliver()
    return [data for data, to in stage.refused if to == address]


def media(datagrams: list[bytes]) -> list[bytes]:
    return [data for data in datagrams if data[0] >> 6 == 2]


def checks(datagrams: list[bytes]) -> list[bytes]:
    return [data for data in datagrams if data[:2] == b"\x00\x01"]


def username(check: bytes) -> bytes:
    """It is the first attribute."""
    (length,) = struct.unpack_from("!H", check, 22)
    return check[24 : 24 + length]


def usernames(stage: Stage, address: Address) -> set[bytes]:
    """Those of all our checks that came there."""
    return {username(check) for check in checks(sent_to(stage, address))}


def events(stage: Stage, peer: Peer) -> list[int]:
    return [e[0] for e in stage.kernel.events() if e[1] == peer.handle and e[0] in (2, 3)]


# ── which address ──


@pytest.mark.parametrize("nominated", [False, True])
def test_a_check_does_not_move_a_path_that_lives(stage: Stage, nominated: bool) -> None:
    publisher, viewer = lesson(stage)
    viewer.check(nominated=nominated, address=NEW)
    for _ in range(50):
        speak_for(stage, publisher, 200)
        viewer.report()
    assert len(viewer.audio()) == 500
    assert len(sent_to(stage, NEW)) == 1, "the answer to the check"


def test_the_path_follows_reports_of_a_viewer(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.check(address=NEW)
    stage.wait(200)
    viewer.report(address=NEW)
    publisher.speak()
    assert viewer.audio() == []
    assert len(media(sent_to(stage, NEW))) == 1


def test_of_two_nominated_paths_packets_take_that_with_traffic(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.publish()
    viewer.check(address=NEW)
    for turn in range(20):
        stage.wait(100)
        viewer.check(address=NEW)
        viewer.check()
        viewer.speak(address=NEW)
        if turn == 2:
            stage.refused.clear()
            viewer.media.clear()
        publisher.speak()
    assert viewer.audio() == []
    assert len(media(sent_to(stage, NEW))) >= 17


def test_a_packet_that_was_overtaken_does_not_move_the_path_back(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.check(address=NEW)
    stage.wait(200)
    viewer.report(address=NEW)
    stage.now += 20_000
    viewer.report()
    publisher.speak()
    assert viewer.audio() == []
    stage.wait(200)
    viewer.report()
    publisher.speak()
    assert len(viewer.audio()) == 1


def test_a_quiet_path_is_left_for_an_address_that_answers(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(QUIET)
    viewer.check(nominated=False, address=NEW)
    [request] = checks(sent_to(stage, NEW))
    assert OWN_UFRAG + b":" + viewer.ufrag in request
    publisher.speak()
    assert media(sent_to(stage, NEW)) == []
    stage.kernel.receive(binding_success(request, OWN_PASSWORD), NEW, stage.now)
    stage.refused.clear()
    publisher.speak()
    assert len(media(sent_to(stage, NEW))) == 1


def test_a_replayed_check_brings_few_packets_to_whom_it_points(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(QUIET)
    replayed = binding_request(viewer.ufrag + b":peer", PASSWORD)
    stage.kernel.receive(replayed, NEW, stage.now)
    speak_for(stage, publisher, 20_000)
    assert len(sent_to(stage, NEW)) <= 4
    assert media(sent_to(stage, NEW)) == []


def test_a_flood_of_replayed_checks_brings_few_more(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(QUIET)
    request = binding_request(viewer.ufrag + b":peer", PASSWORD)
    for _ in range(20):
        for _ in range(400):
            stage.kernel.receive(request, NEW, stage.now)
        speak_for(stage, publisher, 1000)
    datagrams = sent_to(stage, NEW)
    assert media(datagrams) == []
    assert len(checks(datagrams)) <= 2 * 20 + 3
    assert len(datagrams) < 20 * 101 + 250, "a hundred a second are answered"


@pytest.mark.parametrize("wrong", ["password", "transaction", "address"])
def test_a_wrong_answer_proves_nothing(stage: Stage, wrong: str) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(QUIET)
    viewer.check(address=NEW)
    [request] = checks(sent_to(stage, NEW))
    if wrong == "transaction":
        request = request[:19] + bytes([request[19] ^ 1]) + request[20:]
    answer = binding_success(request, b"w" * 24 if wrong == "password" else OWN_PASSWORD)
    stage.kernel.receive(answer, OTHER if wrong == "address" else NEW, stage.now)
    speak_for(stage, publisher, 1000)
    assert media(sent_to(stage, NEW) + sent_to(stage, OTHER)) == []


def test_an_answer_counts_once_and_not_when_the_path_lives_again(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(QUIET)
    viewer.check(address=NEW)
    [request] = checks(sent_to(stage, NEW))
    viewer.report()
    stage.kernel.receive(binding_success(request, OWN_PASSWORD), NEW, stage.now)
    speak_for(stage, publisher, 200)
    assert media(sent_to(stage, NEW)) == []
    assert len(viewer.audio()) == 10


def test_a_peer_behind_a_router_that_forgot_its_port_is_found(stage: Stage) -> None:
    """Firefox: a check every five seconds, never with USE-CANDIDATE; media goes on all the time."""
    publisher, viewer = lesson(stage)
    viewer.publish()
    viewer.show(0, publisher)
    for _ in range(250):
        stage.now += 20_000
        viewer.speak(address=NEW)
    assert stage.kernel.counters()["dropped_unknown_address"] == 250
    viewer.check(nominated=False, address=NEW)
    viewer.speak(address=NEW)
    stage.refused.clear()
    publisher.speak()
    assert len(media(sent_to(stage, NEW))) == 1


def test_a_router_that_forgets_in_mid_keyframe_costs_one_keyframe(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    for part in range(10):
        publisher.camera(2, keyframe=part == 0, size=1000)
    stage.wait(5000)
    viewer.check(nominated=False, address=NEW)
    [request] = checks(sent_to(stage, NEW))
    stage.kernel.receive(binding_success(request, OWN_PASSWORD), NEW, stage.now)
    stage.peers[NEW] = viewer
    viewer.media.clear()
    publisher.camera(3, size=1000)
    publisher.camera(4, keyframe=True)
    stage.wait(100)
    assert pictures(viewer.video())[-1] == 4


def test_a_peer_that_hops_from_port_to_port_is_followed(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    hops = [("192.0.2.1", 1000 + hop) for hop in range(40)]
    for address in hops:
        viewer.check(address=address)
        stage.wait(500)
        viewer.report(address=address)
        [request] = checks(sent_to(stage, address))
        stage.kernel.receive(binding_success(request, OWN_PASSWORD), address, stage.now)
        publisher.speak()
        assert len(media(sent_to(stage, address))) == 1
    before = stage.kernel.counters()["dropped_unknown_address"]
    viewer.report(address=hops[0])
    assert stage.kernel.counters()["dropped_unknown_address"] == before + 1, "few are remembered"
    assert stage.kernel.counters()["paths_moved"] == 40


def test_who_writes_another_s_address_on_his_media_sends_him_little(stage: Stage) -> None:
    """A browser with keys that can spoof: what it is shown would go to whom it names."""
    publisher, viewer = lesson(stage)
    spoofed = [("192.0.2.66", 1000 + turn) for turn in range(12)]
    for address in spoofed:
        viewer.check(address=address)
        for step in range(100):
            stage.wait(50)
            if step % 10 == 0:
                viewer.report(address=address)
                publisher.camera(step, keyframe=True, size=1000)
            publisher.speak()
        # Its own address, so that the next counts as new.
        stage.wait(50)
        viewer.report()
    counts = [len(media(sent_to(stage, address))) for address in spoofed]
    assert counts[0] > 20, "a router that forgets a port costs nothing"
    assert sum(counts) < 4 * 60
    assert all(len(checks(sent_to(stage, address))) < 30 for address in spoofed)
    assert len(viewer.audio()) > 0


def test_who_writes_another_s_address_has_nothing_repeated_there(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    for picture in range(2, 92):
        stage.wait(10)
        publisher.camera(picture, size=1000)
    first = viewer.video()[0].sequence
    viewer.check(address=NEW)
    viewer.report(address=NEW)
    stage.wait(2250)
    assert len(sent_to(stage, NEW)) > 0
    stage.refused.clear()
    for turn in range(20):
        viewer.send_rtcp(nack(SLOT_SSRC, first + turn * 4, 0xFFFF), address=NEW)
        stage.wait(20)
    assert media(sent_to(stage, NEW)) == []


def test_who_hops_to_another_s_address_sends_him_nothing_meanwhile(stage: Stage) -> None:
    """Trust is given once a minute, not for as long as it takes to look at everybody again."""
    publisher, viewer = lesson(stage)
    viewer.check(address=NEW)
    for _ in range(50):
        stage.wait(150)
        viewer.report(address=NEW)
        publisher.speak()
        publisher.speak()
        stage.wait(110)
        viewer.report()
    assert len(media(sent_to(stage, NEW))) == 2 * 2, "trusted once, and once ahead"
    heard = len(viewer.audio())
    publisher.speak()
    stage.deliver()
    assert len(viewer.audio()) == heard + 1, "his own address was answered of late"


def test_who_answers_at_his_new_address_goes_on_there(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.check(address=NEW)
    for step in range(100):
        stage.wait(50)
        viewer.report(address=NEW)
        publisher.speak()
        if step == 90:
            late = checks(sent_to(stage, NEW))[-1]
            stage.kernel.receive(binding_success(late, OWN_PASSWORD), NEW, stage.now)
            stage.refused.clear()
    assert len(media(sent_to(stage, NEW))) >= 9


def test_a_check_names_the_credentials_that_the_peer_uses_there(stage: Stage) -> None:
    """Chromium restarts ICE and checks from new ports before it has the answer: those pairs stay
    with our earlier credentials for good, and checks that name others are refused (401)."""
    publisher, viewer = lesson(stage)
    former = viewer.ufrag
    stage.kernel.restart_ice(viewer.handle, b"another", PASSWORD)
    stage.wait(QUIET)
    viewer.check(address=NEW)
    viewer.report(address=NEW)
    assert usernames(stage, NEW) == {OWN_UFRAG + b":" + former}
    answer = binding_success(checks(sent_to(stage, NEW))[-1], OWN_PASSWORD)
    stage.kernel.receive(answer, NEW, stage.now)
    viewer.ufrag = b"another"
    viewer.check(address=NEW)
    stage.refused.clear()
    speak_for(stage, publisher, QUIET)
    assert usernames(stage, NEW) == {OWN_UFRAG + b":another"}


def test_so_it_does_at_an_address_that_was_another_session_s(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    former = viewer.ufrag
    stage.kernel.restart_ice(viewer.handle, b"another", PASSWORD)
    stage.wait(QUIET)
    publisher.check(address=NEW)
    viewer.check(address=NEW)
    [ours] = checks(sent_to(stage, NEW))
    assert username(ours) == OWN_UFRAG + b":" + former
    stage.kernel.receive(binding_success(ours, OWN_PASSWORD), NEW, stage.now)
    stage.refused.clear()
    stage.wait(QUIET)
    assert usernames(stage, NEW) == {OWN_UFRAG + b":" + former}


def test_keys_do_not_vouch_for_an_address_that_came_in_during_the_handshake(stage: Stage) -> None:
    publisher, viewer = stage.join(1), Peer(stage, 2, 1)
    publisher.publish()
    stage.peers[viewer.address] = viewer
    stage.kernel.set_peer(viewer.handle, OWN_UFRAG, OWN_PASSWORD)
    viewer.check()
    stage.receive(b"\x16hello", viewer.address)
    viewer.check(address=NEW)
    stage.receive(b"\x16spoofed", NEW)
    stage.receive(b"\x16spoofed", NEW)
    viewer.take_keys()
    viewer.view()
    for _ in range(200):
        stage.wait(20)
        viewer.check(address=NEW)
        publisher.speak()
    assert len(media(sent_to(stage, NEW))) < 110
    viewer.report()
    publisher.speak()
    assert len(viewer.audio()) == 1


def test_a_publisher_that_answers_no_checks_is_told_what_was_lost_at_his_new_address(
    stage: Stage,
) -> None:
    publisher, _ = lesson(stage)
    stage.kernel.set_peer(publisher.handle, OWN_UFRAG, OWN_PASSWORD)
    publisher.check(address=NEW)
    for _ in range(300):
        stage.wait(20)
        publisher.speak(address=NEW)
    stage.refused.clear()
    for _ in range(100):
        stage.wait(20)
        publisher.speak(address=NEW)
    assert media(sent_to(stage, NEW)) != []


def test_a_path_may_change_its_address_family(stage: Stage) -> None:
    new = ("2001:db8::7", 5000)
    publisher, viewer = lesson(stage)
    viewer.check(address=new)
    stage.wait(200)
    viewer.report(address=new)
    publisher.speak()
    assert len(media(sent_to(stage, new))) == 1


def test_dtls_is_answered_where_it_came_from(stage: Stage) -> None:
    handle = stage.kernel.open_session(1, 7, b"ufrag007", PASSWORD)
    for address, nominated in ((OTHER, True), (NEW, False)):
        request = binding_request(b"ufrag007:peer", PASSWORD, nominated=nominated)
        stage.kernel.receive(request, address, stage.now)
    stage.kernel.receive(b"\x16hello", NEW, stage.now)
    stage.kernel.send_dtls(handle, b"\x16answer")
    assert b"\x16answer" in sent_to(stage, NEW)


def test_dtls_does_not_move_a_path_with_keys(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.check(address=NEW)
    stage.kernel.receive(b"\x16hello", NEW, stage.now)
    publisher.speak()
    assert len(viewer.audio()) == 1


# ── whose address ──


def test_an_address_in_use_is_not_taken_over(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    thief = stage.join(3)
    stage.refused.clear()
    before = len(viewer.other)
    thief.check(address=viewer.address)
    publisher.check(address=viewer.address)
    viewer.report()
    publisher.speak()
    assert len(viewer.audio()) == 1
    assert len(viewer.other) == before, "the thief gets no answer there"
    assert stage.kernel.counters()["dropped_forged"] == 0


def test_an_address_with_media_and_no_checks_is_not_taken_over(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    thief = stage.join(3)
    for _ in range(20):
        speak_for(stage, publisher, 2000)
        viewer.report()
    viewer.media.clear()
    thief.check(address=publisher.address)
    publisher.speak()
    assert len(viewer.audio()) == 1
    publisher.check(address=NEW)
    stage.wait(200)
    publisher.speak(address=NEW)
    thief.check(address=publisher.address)
    stage.wait(200)
    publisher.speak()
    assert len(viewer.audio()) == 3, "nor is the one it has just left"


def test_an_address_is_free_when_its_owner_has_been_silent_there(stage: Stage) -> None:
    _, viewer = lesson(stage)
    newcomer = stage.join(3)
    stage.wait(31_000)
    newcomer.check(address=viewer.address)
    newcomer.report(address=viewer.address)
    assert stage.kernel.counters()["dropped_forged"] == 0


def test_who_answers_at_an_address_has_it(stage: Stage) -> None:
    """An encoder with a fixed port starts again: a new session from the address of the old one."""
    publisher, viewer = lesson(stage)
    again = stage.kernel.open_session(1, 9, b"ufrag009", PASSWORD)
    stage.kernel.set_peer(again, b"encoder9", OWN_PASSWORD)
    request = binding_request(b"ufrag009:peer", PASSWORD)
    viewer.other.clear()
    stage.kernel.receive(request, viewer.address, stage.now)
    stage.deliver()
    [ours] = checks(viewer.other)
    stage.kernel.receive(binding_success(ours, OWN_PASSWORD), viewer.address, stage.now)
    assert (EVENT_CONNECTED, again, 0, 0, b"") in stage.kernel.events()
    publisher.speak()
    assert viewer.audio() == [], "the old session is sent nothing there"
    stage.kernel.receive(b"\x16hello", viewer.address, stage.now)
    assert stage.kernel.events()[-1][1] == again


def test_new_addresses_of_one_session_are_limited(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    for port in range(1, 1000):
        viewer.check(address=("192.0.2.1", port))
    stage.deliver()
    assert len(stage.refused) <= 20
    viewer.report()
    publisher.speak()
    assert len(viewer.audio()) == 1
    publisher.check(address=OTHER)
    assert len(sent_to(stage, OTHER)) == 1, "others are not"


# ── whether anything goes there ──


def test_a_silent_peer_is_sent_nothing(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    speak_for(stage, publisher, STOPPED)
    heard = len(viewer.audio())
    assert 6_700 // 20 <= heard <= 6_900 // 20
    viewer.rtcp.clear()
    viewer.other.clear()
    for picture in range(2, 40):
        publisher.camera(picture, keyframe=True)
        speak_for(stage, publisher, 500)
    assert len(viewer.audio()) == heard
    assert pictures(viewer.video()) == [1]
    assert (viewer.rtcp, viewer.other) == ([], [])
    assert events(stage, viewer) == []


@pytest.mark.parametrize("sign", ["check", "report", "speak"])
def test_the_next_authentic_packet_brings_it_back(stage: Stage, sign: str) -> None:
    publisher, viewer = lesson(stage)
    viewer.publish()
    publisher.speak()
    for _ in range(20):
        publisher.camera(2)
        speak_for(stage, publisher, 500)
    for open_gate in (False, True):
        # So that no picture of before is replayed.
        stage.kernel.set_gate(publisher.handle, KIND_CAMERA, open_gate)
    getattr(viewer, sign)()
    before = [p.sequence for p in viewer.audio()][-1], [p.sequence for p in viewer.video()][-1]
    stage.wait(60)
    publisher.speak()
    publisher.camera(50)
    publisher.camera(51, keyframe=True)
    assert pictures(viewer.video())[-1] == 51, "a picture begins with a keyframe"
    after = [p.sequence for p in viewer.audio()][-1], [p.sequence for p in viewer.video()][-1]
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1), "nothing is missing"


def test_a_silent_peer_costs_its_publisher_no_keyframes(stage: Stage) -> None:
    publisher, _ = lesson(stage)
    for picture in range(15):
        speak_for(stage, publisher, 500)
        publisher.camera(2 + picture)
    before = stage.kernel.counters()["keyframes_requested"]
    for picture in range(20):
        speak_for(stage, publisher, 500)
        publisher.camera(20 + picture)
    assert stage.kernel.counters()["keyframes_requested"] == before


def test_a_quiet_peer_that_answers_goes_on(stage: Stage) -> None:
    """GStreamer asks for consent every 25 s and may report as rarely as every 6 s."""
    publisher, viewer = lesson(stage)
    viewer.other.clear()
    for _ in range(200):
        speak_for(stage, publisher, 100)
        for request in checks(viewer.other):
            answer = binding_success(request, OWN_PASSWORD)
            stage.kernel.receive(answer, viewer.address, stage.now)
        viewer.other.clear()
    assert len(viewer.audio()) == 1000
    assert 10 <= stage.kernel.counters()["checks_sent"] <= 14


def test_a_publisher_without_checks_stays(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    for _ in range(60):
        speak_for(stage, publisher, 2000)
        viewer.report()
    assert events(stage, publisher) == []
    assert len(viewer.audio()) == 6000


def test_media_alone_finds_a_lost_publisher_again(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(42_000)
    assert events(stage, publisher) == [EVENT_LOST]
    publisher.speak()
    assert events(stage, publisher) == [EVENT_CONNECTED]
    stage.wait(31_000)
    assert events(stage, publisher) == [EVENT_LOST]
    assert viewer.audio() == []


def test_replayed_and_forged_packets_keep_nobody_alive(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.publish()
    wire = viewer.send(viewer.camera_packet(1, keyframe=True))
    unknown = viewer.outbound.protect(b"\x80\x7f" + bytes(10) + b"x" * 50)
    viewer.media.clear()
    for _ in range(80):
        speak_for(stage, publisher, 100)
        for data in (wire, unknown, wire[:-1] + b"x"):
            stage.kernel.receive(data, viewer.address, stage.now)
    assert len(viewer.audio()) <= 345


def test_keys_without_an_address_reach_nobody(stage: Stage) -> None:
    """Found by the fuzzer: a peer of which nothing came was asked where it is."""
    handle = stage.kernel.open_session(1, 7, b"ufrag007", PASSWORD)
    stage.kernel.set_peer(handle, OWN_UFRAG, OWN_PASSWORD)
    stage.kernel.set_keys(handle, PROFILE_AEAD_AES_128_GCM, bytes(28), bytes(28))
    stage.wait(8_000)
    counters = stage.kernel.counters()
    assert (counters["checks_sent"], counters["send_failed"]) == (0, 0)


# ── when the system cannot send ──

QUEUED, BUFFER = 300_000, 425_984
"""Bytes that the system holds unsent, of what Debian allows."""


def test_a_quiet_peer_gives_way_when_the_socket_fills(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    other = stage.join(3)
    other.view()
    stage.wait(QUIET)
    other.report()
    stage.kernel.set_socket(queued=QUEUED, buffer=BUFFER)
    publisher.speak()
    assert (len(viewer.audio()), len(other.audio())) == (0, 1)
    assert stage.kernel.counters()["dropped_crowded"] == 1
    stage.kernel.set_socket()
    publisher.speak()
    assert (len(viewer.audio()), len(other.audio())) == (1, 2)


def test_who_knows_a_password_is_served_when_strangers_no_more_are(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.wait(QUIET)
    stage.kernel.set_socket(queued=BUFFER // 3, buffer=BUFFER)
    stage.kernel.receive(PLAIN, NEW, stage.now)
    assert sent_to(stage, NEW) == []
    publisher.speak()
    assert len(viewer.audio()) == 1
    viewer.check(address=NEW)
    assert [data[:2] for data in sent_to(stage, NEW)] == [b"\x00\x01", b"\x01\x01"]


def test_an_answer_to_a_check_gives_way_where_nobody_has_been_heard(stage: Stage) -> None:
    _, viewer = lesson(stage)
    stage.kernel.set_socket(queued=QUEUED, buffer=BUFFER)
    viewer.check(address=NEW)
    before = len(viewer.other)
    viewer.check()
    assert sent_to(stage, NEW) == []
    assert len(viewer.other) == before + 1


def test_plain_requests_give_way_when_the_socket_fills(stage: Stage) -> None:
    stage.kernel.set_socket(queued=QUEUED, buffer=BUFFER)
    stage.kernel.receive(PLAIN, NEW, stage.now)
    assert sent_to(stage, NEW) == []
    stage.kernel.set_socket()
    stage.kernel.receive(PLAIN, NEW, stage.now)
    assert len(sent_to(stage, NEW)) == 1


def test_sound_that_waited_for_the_socket_is_dropped(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.kernel.set_socket(blocked=True)
    for _ in range(20):
        stage.now += 20_000
        publisher.speak()
    stage.kernel.set_socket()
    publisher.speak()
    assert 10 <= len(viewer.audio()) <= 12
    assert stage.kernel.counters()["dropped_held"] == 20 + 1 - len(viewer.audio())


def test_what_was_held_is_counted_by_packet_and_listener(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewers = [viewer, stage.join(3), stage.join(4)]
    for other in viewers[1:]:
        other.view()
    stage.kernel.set_socket(blocked=True)
    for _ in range(20):
        stage.now += 20_000
        publisher.speak()
    stage.kernel.set_socket()
    publisher.speak()
    heard = sum(len(viewer.audio()) for viewer in viewers)
    assert 30 <= heard <= 36
    assert stage.kernel.counters()["dropped_held"] == 3 * 21 - heard


def test_a_session_may_end_while_its_datagrams_wait() -> None:
    """Its place is taken by somebody else before the socket can be written again."""
    stage = Stage(kernel=SteppedKernel(max_sessions=2))
    publisher, viewer = lesson(stage)
    for picture in range(2, 100):
        publisher.camera(picture, size=1200)
    stage.kernel.set_socket(blocked=True)
    publisher.speak()
    publisher.camera(100, size=1200)
    stage.kernel.close_session(viewer.handle)
    stage.kernel.events()
    newcomer = stage.join(3)
    newcomer.view()
    assert newcomer.handle == viewer.handle
    seen = len(viewer.media)
    stage.kernel.set_socket()
    newcomer.check()
    stage.wait(2000)
    assert len(viewer.media) == seen
    assert newcomer.video() == []
    stage.kernel.close()
