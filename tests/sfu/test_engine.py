"""Sessions: joining, renegotiating, DTLS, losing, leaving."""

import pytest
from msgspec.structs import replace

from sfu import handshakes
from sfu.dtls import FIRST_REPEAT, HANDSHAKE_SECONDS, KEEP_SECONDS
from sfu.engine import SILENT_TICKS
from sfu.handshakes import AT_ONCE, OF_ADDRESS, OF_CALL, YIELDS_AFTER
from sfu.sdp import Candidate
from tests.sfu import offers
from tests.sfu.dtls_client import DtlsClient
from tests.sfu.stage import Stage, tile
from zvonok.wire.bus import ActualSession, Description, WantedSession
from zvonok.wire.errors import ErrorBody


def client_offer(client: DtlsClient, ufrag: str = "BXlN") -> str:
    return offers.browser(ufrag, client.fingerprint.digest.hex(":").upper())


def other_certificate(ufrag: str = "BXlN") -> str:
    return offers.browser(ufrag, ":".join(["CD"] * 32))


def test_join_is_answered() -> None:
    actual = Stage().want(1)
    assert actual.answer is not None
    assert (actual.error, actual.connected, actual.offer_id) == (None, False, 1)


def test_bad_offer_is_refused_and_the_next_is_answered() -> None:
    stage = Stage()
    refused = stage.want(1, offer="nonsense")
    assert refused.error is not None
    assert (refused.error.code, refused.answer) == ("sdp_invalid", None)
    assert stage.want(1, offer=offers.browser()).answer is not None


def test_new_addresses_are_in_the_next_answer() -> None:
    stage = Stage()
    stage.want(1)
    stage.engine.advertise((Candidate("198.51.100.7", 99),))
    stage.want(2)
    answer = stage.answer(2)
    assert "198.51.100.7 99 typ host" in answer
    assert "192.0.2.9" not in answer


def test_full_worker() -> None:
    stage = Stage(max_sessions=1)
    stage.want(1)
    refused = stage.want(2)
    assert refused.error is not None
    assert refused.error.code == "worker_full"


def test_same_offer_is_answered_once() -> None:
    stage = Stage()
    first = stage.want(1)
    stage.kernel.take()
    assert stage.want(1).answer == first.answer
    assert stage.kernel.take("open_session", "restart_ice") == []


def test_new_ice_credentials_restart_ice_only() -> None:
    stage = Stage()
    stage.want(1)
    first = stage.answer(1)
    stage.kernel.take()
    stage.want(1, offer=offers.browser(ufrag="ABCD"))
    second = stage.answer(1)
    restart, peer = stage.kernel.log
    assert restart[0] == "restart_ice"
    assert restart[2].decode() not in first
    assert peer == ("set_peer", 0, b"ABCD", b"PxnC3Dzf8Ld8qrAe8nym4HbL")
    assert f"a=ice-ufrag:{restart[2].decode()}\r\n" in second
    assert [x for x in first.splitlines() if "ssrc" in x] == [
        x for x in second.splitlines() if "ssrc" in x
    ]
    origin, version = (text.splitlines()[1].split()[1:3] for text in (first, second))
    assert origin[0] == version[0]
    assert int(version[1]) > int(origin[1])
    stage.want(1, offer=offers.browser(ufrag="ABCD"))
    assert stage.kernel.log == [restart, peer]


def test_same_credentials_in_a_new_offer_are_answered_alike() -> None:
    stage = Stage()
    stage.want(1)
    first = stage.answer(1)
    stage.want(1, offer=offers.browser())
    second = stage.answer(1)
    assert first.splitlines()[2:] == second.splitlines()[2:]


def test_other_sections_are_refused_and_the_connection_stays() -> None:
    stage = Stage()
    stage.want(1)
    stage.kernel.take()
    refused = stage.want(1, offer=offers.whip())
    assert refused.error is not None
    assert refused.error.code == "sdp_changed"
    assert stage.kernel.take("close_session") == []


def test_new_ssrcs_in_a_new_offer_are_expected() -> None:
    stage = Stage()
    stage.want(1, offer=offers.whip(), open=["camera"])
    stage.want(2, view=[tile(0, 1)])
    stage.kernel.take()
    stage.want(1, offer=offers.whip().replace("1001", "3001"))
    (command,) = stage.kernel.log
    assert command[:3] == ("expect", 0, 1)
    assert command[3]["ssrcs"] == ((3001, 1002),)
    assert stage.actual["s1"].camera_layers == ["f"]


def test_another_certificate_is_another_connection() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.kernel.take()
    stage.want(1, offer=other_certificate())
    names = [entry[0] for entry in stage.kernel.log]
    assert names.index("close_session") < names.index("open_session")
    assert ("set_gate", 0, 1, True) in stage.kernel.log


def test_handshake_makes_it_connected() -> None:
    stage = Stage()
    client = DtlsClient()
    stage.want(1, offer=client_offer(client))
    stage.engine.set_reachable(0, True, stage.now)
    stage.settle()
    connected = [stage.actual["s1"].connected]
    keys = []
    for _ in range(3):
        for datagram in client.send():
            stage.engine.receive_dtls(0, datagram, 0.0)
        log = stage.kernel.log.copy()
        keys += stage.kernel.take("set_keys")
        for entry in log:
            if entry[0] == "send_dtls":
                client.receive(entry[2])
    stage.settle()
    assert keys == [("set_keys", 0, 7, *client.keys(7))]
    connected.append(stage.actual["s1"].connected)
    stage.engine.set_reachable(0, False, stage.now)
    stage.settle()
    connected.append(stage.actual["s1"].connected)
    assert connected == [False, True, False]
    assert stage.actual["s1"].answer is not None


def test_wrong_certificate_ends_the_session() -> None:
    stage = Stage()
    stage.want(1, offer=other_certificate())
    stage.connect(0, DtlsClient())
    actual = stage.actual["s1"]
    assert actual.error is not None
    assert actual.error.code == "dtls_fingerprint"
    assert actual.answer is None
    assert stage.engine.session_count == 0
    assert stage.kernel.open == set()
    again = stage.want(1, offer=other_certificate("ABCD")).error
    assert again is not None
    assert again.code == "session_lost"
    assert stage.want(1, offer=offers.browser()).answer is not None


def test_lost_flight_is_repeated_by_the_clock() -> None:
    stage = Stage()
    client = DtlsClient()
    stage.want(1, offer=client_offer(client))
    for datagram in client.send():
        stage.engine.receive_dtls(0, datagram, 0.0)
    flight = stage.kernel.take("send_dtls")
    assert flight
    stage.pass_time(FIRST_REPEAT / 2)
    assert stage.kernel.take("send_dtls") == []
    stage.pass_time(FIRST_REPEAT)
    assert stage.kernel.take("send_dtls") == flight


def test_handshake_that_takes_too_long_fails() -> None:
    stage = Stage()
    stage.want(1)
    stage.engine.receive_dtls(0, DtlsClient().send()[0], 0.0)
    stage.pass_time(HANDSHAKE_SECONDS)
    error = stage.actual["s1"].error
    assert error is not None
    assert error.code == "session_lost"


def test_repeated_last_flight_is_answered_until_it_is_forgotten() -> None:
    stage = Stage()
    client = DtlsClient()
    stage.want(1, offer=client_offer(client))
    stage.connect(0, client)
    client.repeat()
    (*_, finished) = client.send()
    stage.now = 1.0
    stage.engine.receive_dtls(0, finished, stage.now)
    assert stage.kernel.take("send_dtls")
    stage.pass_time(FIRST_REPEAT * 2)
    assert stage.kernel.take("send_dtls") == [], "not by the clock: the peer may have heard it"
    stage.pass_time(KEEP_SECONDS)
    assert stage.engine._kept == set()
    stage.engine.receive_dtls(0, finished, stage.now)
    assert stage.kernel.take("send_dtls") == []
    connection = stage.engine._by_handle[0].connection
    assert connection is not None
    assert connection.handshake is None


def test_what_comes_after_a_handshake_without_aead_is_passed_over() -> None:
    stage = Stage()
    client = DtlsClient(ciphers=b"ECDHE-ECDSA-AES128-SHA")
    stage.want(1, offer=client_offer(client))
    stage.connect(0, client)
    for farewell in client.close():
        stage.engine.receive_dtls(0, farewell, stage.now)
    stage.settle()
    assert stage.actual["s1"].connected


@pytest.mark.parametrize(
    ("limit", "calls", "addresses"),
    [(OF_CALL, 1, OF_CALL + 1), (OF_ADDRESS, OF_ADDRESS + 1, 1), (AT_ONCE, AT_ONCE, AT_ONCE)],
)
def test_too_many_handshakes_at_once_wait(limit: int, calls: int, addresses: int) -> None:
    """Of one call, of one address, of all."""
    stage = Stage(max_sessions=limit + 1)
    hello = DtlsClient().send()[0]

    def greet(number: int) -> None:
        stage.engine.receive_dtls(number, hello, stage.now, (number % addresses, 0))

    for number in range(limit + 1):
        stage.want(number + 1, offer=offers.whep(), call=f"c{number % calls}")
        greet(number)
    assert stage.engine.handshakes_deferred == 1
    stage.now = YIELDS_AFTER / 2
    greet(limit)
    assert stage.engine.handshakes_deferred == 2
    stage.leave(1, "c0")
    greet(limit)
    assert stage.engine.handshakes_deferred == 2


def test_a_stalled_handshake_gives_way() -> None:
    stage = Stage(max_sessions=OF_CALL + 1)
    stage.now = 100.0
    hello = DtlsClient().send()[0]
    for number in range(OF_CALL + 1):
        stage.want(number + 1, offer=offers.whep())
        stage.now += 0.001
        stage.engine.receive_dtls(number, hello, stage.now)
    stage.now += YIELDS_AFTER
    stage.engine.receive_dtls(OF_CALL, hello, stage.now)
    stage.settle()
    error = stage.actual["s1"].error
    assert error is not None
    assert error.code == "session_lost"
    assert [s for s, actual in stage.actual.items() if actual.error] == ["s1"]
    assert stage.engine.handshakes_deferred == 1


def test_a_handshake_that_is_over_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "AT_ONCE", 1)
    stage = Stage()
    for number in range(2):
        client = DtlsClient()
        stage.want(number + 1, offer=client_offer(client))
        stage.connect(number, client)
        assert stage.actual[f"s{number + 1}"].connected
    assert stage.engine.handshakes_deferred == 0


def test_what_begins_no_handshake_takes_no_place() -> None:
    stage = Stage()
    stage.want(1)
    stage.engine.receive_dtls(0, b"\x16\xfe\xfd" + bytes(30), 0.0)
    stage.pass_time(HANDSHAKE_SECONDS)
    assert stage.actual["s1"].error is None


def test_a_peer_that_says_good_bye_is_gone() -> None:
    stage = Stage()
    client = DtlsClient()
    stage.want(1, offer=client_offer(client))
    stage.connect(0, client)
    stage.pass_time(KEEP_SECONDS)
    (farewell,) = client.close()
    stage.engine.receive_dtls(0, farewell[:-1] + bytes([farewell[-1] ^ 1]), stage.now)
    stage.settle()
    assert stage.actual["s1"].connected
    stage.engine.receive_dtls(0, farewell, stage.now)
    stage.settle()
    error = stage.actual["s1"].error
    assert error is not None
    assert (error.code, stage.actual["s1"].connected) == ("session_closed", False)
    assert stage.kernel.open == set()


def test_a_peer_whose_handshake_fails_is_told_before_its_session_closes() -> None:
    stage = Stage()
    client = DtlsClient()
    stage.want(1, offer=other_certificate())
    stage.connect(0, client)
    assert client.heard_alert is not None
    assert stage.kernel.open == set()


def test_leaving_closes_and_drops() -> None:
    stage = Stage()
    stage.want(1)
    stage.want(2)
    stage.leave(1)
    stage.leave(1)
    stage.leave(3)
    assert stage.dropped == ["s1", "s1", "s3"]
    assert stage.kernel.open == {1}
    stage.leave(2)
    stage.leave(2)
    assert stage.engine.calls() == set()


def test_calls_have_rooms_of_their_own() -> None:
    stage = Stage()
    stage.want(1, call="a", open=["camera"])
    stage.want(2, call="b", view=[])
    opened = [e for e in stage.kernel.log if e[0] == "open_session"]
    assert opened[0][2] != opened[1][2]
    stage.speak(0, room=opened[0][2])
    assert stage.spoke == [("a", [1])]
    stage.speak(0, room=99)
    assert len(stage.spoke) == 1


def test_speakers_are_participants() -> None:
    stage = Stage()
    stage.want(7)
    stage.want(9)
    stage.speak(1, 0, 55)
    assert stage.spoke == [("c", [9, 7])]


def test_moderator_is_told_once() -> None:
    stage = Stage()
    stage.want(1, moderator=True)
    stage.want(1, open=["microphone"])
    stage.want(1, moderator=False)
    assert [e for e in stage.kernel.log if e[0] == "set_moderator"] == [
        ("set_moderator", 0, True),
        ("set_moderator", 0, False),
    ]


@pytest.mark.parametrize("offer_id", [1, 2])
def test_session_of_a_process_that_is_gone_is_lost(offer_id: int) -> None:
    """Also to an offer that restarts ICE of it, whether it came before the loss or after."""
    previous = Stage().want(1)
    stage = Stage()
    for number in (offer_id, 3):
        lost = stage.want(1, offers.browser(f"ABC{number}"), previous=previous, offer_id=number)
        assert lost.error is not None
        assert (lost.error.code, lost.answer, lost.offer_id) == ("session_lost", None, number)
    assert stage.kernel.log == []
    assert stage.want(1, offer=other_certificate()).answer is not None


def test_another_connection_is_answered_at_once_after_a_loss() -> None:
    previous = Stage().want(1)
    assert Stage().want(1, other_certificate(), previous=previous, offer_id=2).answer is not None


def test_an_offer_that_is_missing_is_asked_for_again() -> None:
    stage = Stage()
    stage.engine.want("c", WantedSession(session="s1", participant=1, offer_id=1), None, None, 0)
    stage.settle()
    error = stage.actual["s1"].error
    assert error is not None
    assert error.code == "session_lost"


def test_a_revision_is_told_when_the_kernel_has_taken_it() -> None:
    stage = Stage()
    stage.want(1, open=["microphone"])
    for revision in (7, 8):
        muted = WantedSession(session="s1", participant=1, offer_id=1, revision=revision)
        stage.engine.want("c", muted, None, None, 0.0)
        assert stage.engine.take_effects() == []
    assert stage.kernel.marks == 1
    stage.settle()
    assert stage.actual["s1"].revision == 8


def test_a_session_that_went_before_the_mark_is_not_told_of() -> None:
    stage = Stage()
    stage.want(2)
    stage.engine.want("c", WantedSession(session="s1", participant=1, offer_id=1), None, None, 0)
    assert stage.engine.take_effects() == []
    stage.leave(1)
    assert stage.actual.keys() == {"s2"}


def test_an_answer_is_stored_once() -> None:
    stage = Stage()
    stage.want(1)
    stage.answers.clear()
    stage.want(1, open=["camera"])
    assert stage.answers == {}
    stage.want(1, offer=offers.browser("ABCD"))
    assert stage.answers.keys() == {"s1"}


def test_what_is_said_of_a_call_that_moved_is_left_to_its_new_worker() -> None:
    stage = Stage()
    stage.want(1)
    stage.engine.abandon("c", "s1", 0.0)
    stage.settle()
    assert stage.dropped == []
    assert stage.kernel.open == set()


def test_a_peer_that_comes_back_is_connected_again() -> None:
    stage = Stage()
    client = DtlsClient()
    stage.want(1, offer=client_offer(client))
    stage.connect(0, client)
    states = []
    for reachable in (False, True):
        stage.engine.set_reachable(0, reachable, stage.now)
        stage.settle()
        states.append(stage.actual["s1"].connected)
    assert states == [False, True]


def test_refusal_by_a_process_that_is_gone_stands() -> None:
    error = ErrorBody("sdp_invalid", "…")
    previous = ActualSession(session="s1", offer_id=1, error=error)
    stage = Stage()
    assert stage.want(1, previous=previous).error == error
    assert Stage().want(1, previous=previous, offer_id=2).answer is not None
    lost = ActualSession(session="s1", offer_id=1, error=error, peer=Stage().want(1).peer)
    assert Stage().want(1, previous=lost, offer_id=2).answer is None


def test_closing_leaves_what_is_stored() -> None:
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2)
    stage.engine.close(0.0)
    assert stage.kernel.open == set()
    assert (stage.engine.session_count, stage.engine.calls()) == (0, set())
    assert [type(e).__name__ for e in stage.engine.take_effects()] == []


def test_events_of_unknown_sessions_are_passed_over() -> None:
    stage = Stage()
    stage.engine.receive_dtls(5, b"\x16", 0.0)
    stage.engine.set_reachable(5, True, stage.now)
    assert stage.engine.session_of(5) is None
    stage.pass_time(1.0)
    assert stage.engine.take_effects() == []


def test_a_kernel_that_takes_no_commands_is_noticed() -> None:
    stage = Stage()
    stage.want(1)

    def silent_after(ticks: int) -> bool:
        for _ in range(ticks):
            stage.engine.handle_timer(0.0)
        return stage.engine.kernel_silent

    assert not silent_after(SILENT_TICKS)
    stage.engine.want("c", replace(stage.wanted["s1"], revision=2), None, None, 0.0)
    stage.engine.take_effects()
    assert [silent_after(SILENT_TICKS - 1), silent_after(1)] == [False, True]
    stage.settle()
    assert not silent_after(1)


def test_a_loss_is_told_although_the_last_offer_was_refused() -> None:
    error = ErrorBody("sdp_changed", "…")
    previous = ActualSession(session="s1", offer_id=1, error=error, connected=True)
    told = Stage().want(1, previous=previous).error
    assert told is not None
    assert told.code == "session_lost"


def test_what_is_told_waits_for_the_mark() -> None:
    """Whatever else happens to the session meanwhile: one word instead of two."""
    stage = Stage()
    wanted = WantedSession(session="s1", participant=1, offer_id=1, revision=1)
    stage.engine.want("c", wanted, Description(1, offers.browser()), None, 0.0)
    assert stage.engine.take_effects() == []
    stage.engine.set_reachable(0, True, stage.now)
    assert stage.engine.take_effects() == []
    stage.settle()
    assert stage.actual["s1"].revision == 1


def test_what_is_told_waits_for_its_own_mark() -> None:
    """Which is set only once the one before has come back."""
    stage = Stage()
    for number in (1, 2):
        wanted = WantedSession(session=f"s{number}", participant=number, offer_id=1, revision=1)
        stage.engine.want("c", wanted, Description(1, offers.browser()), None, 0.0)
        assert stage.engine.take_effects() == []
    assert stage.kernel.marks == 1
    stage.engine.set_reachable(1, True, stage.now)
    assert stage.engine.take_effects() == []
    stage.settle()
    assert [stage.actual[name].revision for name in ("s1", "s2")] == [1, 1]


def test_another_participant_is_another_peer() -> None:
    stage = Stage()
    stage.want(1)
    stage.kernel.take()
    other = replace(stage.wanted["s1"], participant=7, offer_id=2)
    stage.engine.want("c", other, Description(2, offers.browser("ABCD")), None, 0.0)
    assert [e[0] for e in stage.kernel.log].count("open_session") == 1


def test_a_source_that_moved_to_another_session_stays_published() -> None:
    """The same person's new session opens before the old one is closed."""
    stage = Stage()
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1)])
    wanted = WantedSession(session="new", participant=1, offer_id=1, open=["camera"])
    stage.engine.want("c", wanted, Description(1, offers.browser()), None, 0.0)
    stage.settle()
    stage.kernel.take()
    stage.leave(1)
    assert [e for e in stage.kernel.log if e[0] == "clear_slot"] == []
