"""The browser's WebSocket: the whole way, coming back, and everything that may go wrong."""

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from signaling.clock import Clock
from signaling.doorstep import Doorstep
from signaling.frames import MESSAGES, Closed, Frames
from signaling.outlet import QUEUE_BYTES, SocketOutlet
from signaling.store import Store
from signaling.websocket import HARD_LIMIT, PATIENCE
from tests import patience
from tests.signaling.client import Browser
from tests.signaling.conftest import School
from tests.signaling.fake_sfu import REFUSED, FakeSfu
from zvonok.service.metrics import render
from zvonok.wire import bus
from zvonok.wire.client import (
    MAX_MESSAGE,
    Answer,
    Corrected,
    End,
    Ended,
    Failed,
    Found,
    Join,
    Media,
    Offer,
    OwnMedia,
    Ping,
    Pong,
    Publish,
    Search,
    SetMedia,
    Tile,
    View,
    Welcome,
    encode,
)
from zvonok.wire.deflate import deflated

OFFER = "v=0\r\nan offer"


@pytest.fixture
async def browser(school: School) -> Browser:
    lesson = await school.client.lesson()
    return await school.client.come(lesson.participant_link, "Ёжик")


async def say(browser: Browser, text: str | bytes) -> Failed:
    """What the server answers to these very words."""
    if isinstance(text, bytes):
        await browser.socket.send_bytes(text)
    else:
        await browser.socket.send_str(text)
    return await browser.until(Failed)


async def still_fine(browser: Browser) -> None:
    await browser.send(Ping())
    assert await browser.until(Pong) == Pong()


# ── the whole way ──


async def test_two_browsers_meet(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    teacher = await school.client.come(lesson.host_link, "Ольга Семёнова")
    pupil = await school.client.come(lesson.participant_link, "Ёжик")
    assert teacher.welcome is not None
    assert teacher.welcome.role == "host"
    assert teacher.welcome.title == lesson.lesson.title
    assert teacher.welcome.invitation == lesson.participant_link
    assert pupil.welcome is not None
    assert pupil.welcome.role == "guest"
    assert pupil.welcome.invitation is None
    await teacher.until_people(2)
    await pupil.send(Offer(0, OFFER))
    assert await pupil.until(Answer) == Answer(0, "v=0\r\nanswer 0 of 1")
    assert await pupil.until(Publish) == Publish(camera=[], screen=False)
    await pupil.send(SetMedia(OwnMedia(camera=True)))
    await teacher.until_person(pupil.you, media=Media(camera=True))
    session = await sfu.session_of(pupil.you)
    await sfu.until(session, open=["camera"], moderator=False)
    tile = Tile(slot=0, participant=teacher.you, kind="camera", height=360)
    await pupil.send(View([tile]))
    await sfu.until(session, view=[bus.Tile(0, teacher.you, "camera", 360)])
    await pupil.send(SetMedia(OwnMedia()))
    await sfu.until(session, open=[])
    await pupil.leave()
    assert await pupil.until(Ended) == Ended("left")
    assert await pupil.until_closed() == 1000
    await sfu.until_closed(session)
    await teacher.until_people(1)
    late = await school.client.enter(lesson.participant_link, "Late")
    await teacher.send(End())
    assert await teacher.until(Ended) == Ended("ended")
    refused = await school.client.knock(late)
    assert refused.error.code == "call_ended"
    reply = await school.client.ask("GET", f"/api/links/{lesson.participant_link}")
    assert (reply.status, reply.code) == (410, "call_ended")


async def test_a_host_is_told_only_of_a_link_that_lets_pupils_in(school: School) -> None:
    """Whatever he passes on, nobody becomes a teacher by it."""
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.host_link, "Teacher")
    path, key = f"/api/lessons/{lesson.lesson.id}/links", school.settings.school_key

    async def invitation() -> str | None:
        welcome = (await school.client.join(grant)).welcome
        assert welcome is not None
        return welcome.invitation

    made = await school.client.ask("POST", path, {"role": "participant"}, bearer=key)
    assert await invitation() == lesson.participant_link, "the oldest"
    await school.client.ask("DELETE", f"{path}/{lesson.participant_link}", bearer=key)
    assert await invitation() == made.json["token"]
    await school.client.ask("DELETE", f"{path}/{made.json['token']}", bearer=key)
    assert await invitation() is None


async def test_a_lost_socket_keeps_its_seat_and_its_media(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    other = await school.client.come(lesson.participant_link, "A")
    grant = await school.client.enter(lesson.participant_link, "B")
    first = await school.client.join(grant, media=Media(microphone=True))
    await first.send(Offer(0, OFFER))
    await first.until(Answer)
    session = await sfu.session_of(first.you)
    first.cut()
    await other.until_person(first.you, present=False)
    assert first.welcome is not None
    school.offset.wall += 13 * 3600
    back = await school.client.join(grant, first.welcome.resume, Media(microphone=True))
    assert back.welcome is not None
    assert back.welcome.resumed
    await other.until_person(first.you, present=True, media=Media(microphone=True))
    assert session not in sfu.closed


async def test_an_expired_grant_takes_no_new_seat(school: School) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "B")
    school.offset.wall += 13 * 3600
    assert (await school.client.knock(grant)).error.code == "grant_expired"


async def test_the_second_socket_replaces_the_first(school: School) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "B")
    first = await school.client.join(grant)
    assert first.welcome is not None
    second = await school.client.join(grant, first.welcome.resume)
    assert await first.until(Ended) == Ended("replaced")
    assert await first.until_closed() == 4409
    assert second.you == first.you
    await still_fine(second)


async def test_the_media_servers_refusal_names_the_offer(browser: Browser) -> None:
    await browser.send(Offer(7, REFUSED))
    failed = await browser.until(Failed)
    assert (failed.id, failed.error.code) == (7, "bad_offer")


async def test_the_server_corrects_what_it_does_not_grant(browser: Browser) -> None:
    await browser.send(SetMedia(OwnMedia(screen_audio=True)))
    assert await browser.until(Corrected) == Corrected(Media())


async def test_a_guest_cannot_end_the_call(browser: Browser) -> None:
    await browser.send(End())
    assert (await browser.until(Failed)).error.code == "forbidden"
    await still_fine(browser)


async def test_people_are_found(browser: Browser) -> None:
    await browser.send(Search(4, query="ежи"))
    found = await browser.until(Found)
    assert (found.id, [person.name for person in found.participants]) == (4, ["Ёжик"])


# ── joining wrongly ──


@pytest.mark.parametrize("text", ['{"type":"ping"}', "{}", "nonsense", '{"type":"join"}'])
async def test_the_first_message_must_be_join(school: School, text: str) -> None:
    browser = await school.client.connect()
    failed = await say(browser, text)
    assert failed.error.code in ("join_expected", "invalid_message", "bad_json")
    assert await browser.until_closed() in (4400, 4422)


async def test_who_says_nothing_is_sent_away(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.websocket.JOIN_SECONDS", 0.05)
    browser = await school.client.connect()
    refused = (await browser.until(Failed)).error
    assert refused.code == "join_expected"
    # A telephone that fell asleep as it connected means to come in all the same.
    assert refused.details["retry_after"] > 0
    assert await browser.until_closed() == 4408


async def test_who_says_nothing_makes_room_for_who_does(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest silent socket of an address leaves; other addresses lose nothing by it."""
    monkeypatch.setattr("signaling.doorstep.PER_ADDRESS", 3)
    monkeypatch.setattr(school.parts.sockets, "_doorstep", Doorstep(20_000))
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")
    elsewhere = await school.client.connect({"X-Forwarded-For": "192.0.2.9"})
    silent = [await school.client.connect() for _ in range(3)]
    joining = await school.client.connect()
    await joining.send(Join(grant))
    await joining.until(Welcome)
    failed = await silent[0].until(Failed)
    assert (failed.error.code, failed.error.details) == ("unavailable", {"retry_after": 1})
    assert await silent[0].until_closed() == 4503
    assert b"sockets_turned_away_total 1.0" in render(school.parts.metrics.registry)
    late = await school.client.connect()
    for browser in (elsewhere, *silent[1:], late):
        assert (await say(browser, '{"type":"ping"}')).error.code == "join_expected"


@pytest.mark.parametrize("grant", ["", "x", "a.b.c"])
async def test_wrong_grants_take_no_seat(school: School, grant: str) -> None:
    assert (await school.client.knock(grant)).error.code == "bad_grant"


async def test_a_full_call_says_so_before_any_media(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await school.client.lesson(size=2)
    host = await school.client.come(lesson.host_link, "Host")
    grants = [await school.client.enter(lesson.participant_link, f"P{n}") for n in range(5)]
    outcomes = await asyncio.gather(*(_try(school, grant) for grant in grants))
    inside = [outcome for outcome in outcomes if isinstance(outcome, Browser)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert (len(inside), len(refused)) == (2, 3)
    assert {failed.error.code for failed in refused} == {"call_full"}
    assert sfu.wanted == {}
    await inside[0].leave()
    await host.until_people(2)
    assert isinstance(await _try(school, grants[4]), Browser) or isinstance(
        await _try(school, grants[3]), Browser
    )


async def test_who_joins_while_the_database_is_away_is_to_come_again(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")

    async def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(Store, "link", away)
        browser = await school.client.connect()
        await browser.send(Join(grant))
        failed = await browser.until(Failed)
        assert (failed.error.code, failed.error.details) == ("unavailable", {"retry_after": 1})
        assert await browser.until_closed() == 4503
    await school.client.join(grant)


@pytest.mark.parametrize("role", ["host", "participant"])
async def test_who_has_a_seat_takes_it_back_while_the_database_is_away(
    school: School, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await school.client.lesson()
    link = lesson.host_link if role == "host" else lesson.participant_link
    grant = await school.client.enter(link, "A")
    before = await school.client.join(grant)
    assert before.welcome is not None

    async def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    for asked in ("link", "links", "lesson"):
        monkeypatch.setattr(Store, asked, away)
    back = await school.client.join(grant, resume=before.welcome.resume)
    assert back.welcome is not None
    assert back.welcome.resumed


async def test_a_fault_of_ours_is_told(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")

    def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("signaling.call.call.Call.join", broken)
    assert (await school.client.knock(grant)).error.code == "internal"
    monkeypatch.undo()
    await still_fine(await school.client.join(grant))


async def _try(school: School, grant: str) -> Browser | Failed:
    browser = await school.client.connect()
    await browser.send(Join(grant))
    first = await browser.read()
    return first if isinstance(first, Failed) else browser


# ── garbage ──


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ("\x00", "bad_json"),
        (b"\x00\xff", "bad_json"),
        (b'{"type":"ping"}', "bad_json"),
        ('{"type":"offer","id":' + "[" * 50_000, "invalid_message"),
        ("[]", "invalid_message"),
        ("null", "invalid_message"),
        ('{"type":"unknown"}', "invalid_message"),
        ('{"type":5}', "invalid_message"),
        ('{"typo":"ping"}', "invalid_message"),
        ('{"type":"ping","more":1}', "invalid_message"),
        ('{"type":"offer","id":-1,"sdp":""}', "invalid_message"),
        ('{"type":"offer","id":"1","sdp":""}', "invalid_message"),
        ('{"type":"offer","id":99999999999,"sdp":""}', "invalid_message"),
        ('{"type":"media","media":{"microphone":"yes"}}', "invalid_message"),
        ('{"type":"quality","quality":"splendid"}', "invalid_message"),
        (
            '{"type":"view","tiles":[{"slot":25,"participant":1,"kind":"camera","height":1}]}',
            "invalid_message",
        ),
        (json.dumps({"type": "offer", "id": 0, "sdp": "x" * 131073}), "invalid_message"),
        ('{"type":"ping"}' + " " * MAX_MESSAGE, "too_large"),
        ("ё" * (MAX_MESSAGE // 2 + 1), "too_large"),
        (deflated(b'{"type":"ping"'), "bad_json"),
        (deflated(b'{"type":"ping"}') + b"{", "bad_json"),
        (deflated(b'{"type":"ping"}' * 100)[:-1], "bad_json"),
        (deflated(b'{"type":"unknown"}'), "invalid_message"),
        (deflated(b" " * (64 << 20)), "too_large"),
        (b" " * (MAX_MESSAGE + 1), "too_large"),
        ('{"type":"join","grant":"x"}', "already_joined"),
    ],
)
async def test_garbage_harms_nobody(browser: Browser, text: str | bytes, code: str) -> None:
    failed = await say(browser, text)
    assert failed.error.code == code
    await still_fine(browser)


async def test_the_largest_message_is_as_large_as_is_said(browser: Browser) -> None:
    await browser.socket.send_str('{"type":"ping"}'.ljust(MAX_MESSAGE))
    assert await browser.until(Pong) == Pong()
    failed = await say(browser, '{"type":"ping"}'.ljust(MAX_MESSAGE + 1))
    assert (failed.error.code, failed.error.details) == ("too_large", {"limit": MAX_MESSAGE})


async def test_a_deflated_message_is_measured_by_what_it_says(browser: Browser) -> None:
    await browser.socket.send_bytes(deflated(b'{"type":"ping"}'.ljust(MAX_MESSAGE)))
    assert await browser.until(Pong) == Pong()
    failed = await say(browser, deflated(b'{"type":"ping"}'.ljust(MAX_MESSAGE + 1)))
    assert (failed.error.code, failed.error.details) == ("too_large", {"limit": MAX_MESSAGE})


async def test_deflated_messages_are_counted_like_others(browser: Browser) -> None:
    for _ in range(300):
        await browser.socket.send_bytes(deflated(b" " * (1 << 20)))
    assert (await browser.until(Failed)).error.code == "too_large"
    assert await browser.until_closed() == 4429


async def test_what_is_large_comes_deflated_to_who_can_read_it(
    school: School, sfu: FakeSfu
) -> None:
    lesson = await school.client.lesson()
    for number in range(8):
        await school.client.come(lesson.participant_link, f"Pupil {number}")
    came = []
    for name in ("Ёжик", "Анна"):
        browser = await school.client.connect()
        grant = await school.client.enter(lesson.participant_link, name)
        await browser.send(Join(grant, deflate=name == "Ёжик"))
        await browser.until(Welcome)
        came.append(browser)
    assert [browser.deflated for browser in came] == [[came[0].welcome], []]
    await came[0].until_people(10)
    sdp = OFFER + "\r\na=x" * 10_000
    await came[0].socket.send_bytes(deflated(encode(Offer(0, sdp))))
    answer = await came[0].until(Answer)
    assert answer.id == 0
    assert sfu.offers[await sfu.session_of(came[0].you)] == sdp
    assert answer not in came[0].deflated  # It is small; who comes meanwhile may be told in one.


async def test_a_message_beyond_all_measure_closes_the_socket(school: School) -> None:
    lesson = await school.client.lesson()
    other = await school.client.come(lesson.participant_link, "A")
    browser = await school.client.come(lesson.participant_link, "B")
    with suppress(ConnectionError):
        await browser.socket.send_str(" " * (HARD_LIMIT + 1))
    assert await browser.until_closed() in (1009, 1006)
    await other.until_person(browser.you, present=False)
    await still_fine(other)


async def test_a_flood_is_refused_and_in_the_end_cut(school: School) -> None:
    lesson = await school.client.lesson()
    other = await school.client.come(lesson.participant_link, "A")
    browser = await school.client.come(lesson.participant_link, "B")
    with school.offset.standing_still():
        for _ in range(int(MESSAGES.burst) + PATIENCE * 2):
            try:
                await browser.socket.send_str('{"type":"ping"}')
            except ConnectionError:
                break
        failed = await browser.until(Failed)
        assert failed.error.code == "rate_limited"
        assert failed.error.details["retry_after"] > 0
        assert await browser.until_closed() in (4429, 1006)
    await still_fine(other)


@pytest.mark.parametrize("kind", ["ping", "pong"])
async def test_control_frames_count_like_messages(
    school: School, browser: Browser, kind: str
) -> None:
    say_it = getattr(browser.socket, kind)
    with school.offset.standing_still():
        for _ in range(int(MESSAGES.burst) + PATIENCE * 2):
            try:
                await say_it()
            except ConnectionError:
                break
        assert (await browser.until(Failed)).error.code == "rate_limited"
        assert await browser.until_closed() in (4429, 1006)


async def test_control_frames_count_before_the_join_too(school: School) -> None:
    browser = await school.client.connect()
    with school.offset.standing_still():
        for _ in range(int(MESSAGES.burst) + 1):
            await browser.socket.ping()
        assert (await browser.until(Failed)).error.code == "rate_limited"
        assert await browser.until_closed() in (4429, 1006)


async def test_a_ping_of_the_protocol_is_answered(school: School) -> None:
    url = "http://signaling/api/call"
    async with school.client.session.ws_connect(url, autoping=False) as socket:
        await socket.pong(b"nobody asked")
        await socket.ping(b"are you there")
        answer = await socket.receive()
        assert (answer.type, answer.data) == (aiohttp.WSMsgType.PONG, b"are you there")


async def test_a_peer_that_answers_no_ping_is_given_up(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before it would be asked for its `join`."""
    monkeypatch.setattr("signaling.websocket.HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr("signaling.websocket.JOIN_SECONDS", 10 * patience.PATIENCE)
    url = "http://signaling/api/call"
    async with school.client.session.ws_connect(url, autoping=False) as socket:
        asked = await socket.receive(patience.PATIENCE)
        assert asked.type is aiohttp.WSMsgType.PING
        while (await socket.receive(patience.PATIENCE)).type is aiohttp.WSMsgType.PING:
            pass
        assert socket.closed


async def test_no_window_is_kept_for_a_socket(school: School) -> None:
    """The extension that browsers offer costs too much for 2000: we deflate what is large."""
    url = "http://signaling/api/call"
    async with school.client.session.ws_connect(url, compress=15) as socket:
        assert socket.compress == 0


class SilentSocket:
    """A peer from whom only the end of it comes."""

    def __init__(self, kind: aiohttp.WSMsgType) -> None:
        self.end = SimpleNamespace(type=kind, data=1001)

    async def receive(self) -> SimpleNamespace:
        return self.end


@pytest.mark.parametrize("kind", ["CLOSE", "CLOSING", "CLOSED", "ERROR"])
async def test_the_end_of_a_socket_is_no_message(kind: str) -> None:
    clock = Clock(wall=lambda: 0.0, steady=lambda: 0.0)
    frames = Frames(SilentSocket(aiohttp.WSMsgType[kind]), clock)  # type: ignore[arg-type]
    with pytest.raises(Closed):
        await frames.message()


class EagerSocket:
    """A peer of whom something waits to be read at any time."""

    async def receive(self) -> SimpleNamespace:
        return SimpleNamespace(type=aiohttp.WSMsgType.TEXT, data=b'{"type":"ping"}')


async def test_others_have_their_turn_between_two_frames() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    clock = Clock(wall=lambda: 0.0, steady=lambda: 0.0)
    frames = Frames(EagerSocket(), clock)  # type: ignore[arg-type]
    task = asyncio.create_task(other())
    for _ in range(50):
        assert await frames.message() == Ping()
    task.cancel()
    assert turns >= 49


async def test_a_little_too_much_is_only_refused(school: School, browser: Browser) -> None:
    with school.offset.standing_still():
        for _ in range(int(MESSAGES.burst) + 20):
            await browser.socket.send_str('{"type":"ping"}')
        for _ in range(20):
            assert (await browser.until(Failed)).error.code == "rate_limited"
    school.offset.seconds += 1
    await browser.send(SetMedia(OwnMedia(camera=True)))
    await browser.until_person(browser.you, media=Media(camera=True))


# ── slow readers ──


class Written:
    """What was sent to a peer, and how it ended."""

    def __init__(self) -> None:
        self.frames: list[tuple[bytes, object]] = []
        self.ends: list[str] = []

    async def send_frame(self, data: bytes, kind: object) -> None:
        self.frames.append((data, kind))

    async def close(self, *, code: int) -> None:
        self.ends.append("read on")


async def test_nothing_more_is_read_of_who_is_closed() -> None:
    written = Written()
    outlet = SocketOutlet(
        written,  # type: ignore[arg-type]
        lambda: written.ends.append("cut"),
        lambda _size: None,
        lambda: written.ends.append("hung up"),
    )
    outlet.send(b"a message")
    outlet.close(429)
    await outlet.run()
    close = (4429).to_bytes(2, "big")
    assert written.frames == [
        (b"a message", aiohttp.WSMsgType.TEXT),
        (close, aiohttp.WSMsgType.CLOSE),
    ]
    assert written.ends == ["hung up"]


async def test_who_does_not_hang_up_is_hung_up_on(school: School) -> None:
    """Else he would keep his socket for as long as he answers pings."""
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")
    stays = school.client.session.ws_connect("http://signaling/api/call", autoclose=False)
    async with stays as socket:
        browser = Browser(socket)
        await browser.send(Join(grant))
        await browser.until(Welcome)
        sockets = school.parts.sockets
        assert (len(sockets._open), len(sockets._doorstep), sockets._patience) == (1, 0, {})
        await browser.leave()
        await browser.until(Ended)
        async with asyncio.timeout(patience.PATIENCE):
            while sockets._open:
                await asyncio.sleep(0.01)


class StuckSocket:
    """A peer that takes nothing."""

    async def send_frame(self, _data: bytes, _kind: object) -> None:
        await asyncio.Event().wait()

    async def close(self, *, code: int) -> None:
        pass


async def test_who_does_not_read_is_cut_off_alone() -> None:
    cuts: list[int] = []
    outlet = SocketOutlet(StuckSocket(), lambda: cuts.append(1), lambda _size: None, lambda: None)  # type: ignore[arg-type]
    sender = asyncio.create_task(outlet.run())
    message = b"x" * 65536
    for _ in range(QUEUE_BYTES // len(message)):
        outlet.send(message)
    assert cuts == []
    outlet.send(message)
    outlet.send(message)
    assert cuts == [1]
    sender.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sender


async def test_who_reads_nothing_any_more_is_cut_off(school: School) -> None:
    """His connection is full, so that not even its end can be said to him."""
    lesson = await school.client.lesson()
    slow = await school.client.come(lesson.participant_link, "Slow")
    other = await school.client.come(lesson.participant_link, "A")
    response = slow.socket._response
    assert response.connection is not None
    assert response.connection.transport is not None
    response.connection.transport.pause_reading()
    call = await school.parts.calls.get(lesson.lesson.id)
    outlet = next(iter(call._sockets.values()))
    assert isinstance(outlet, SocketOutlet)
    message = b" " * 65536
    while len(outlet._queue) < QUEUE_BYTES // len(message):
        outlet.send(message)
        await asyncio.sleep(0)
    assert b"slow_sockets_cut_total 0.0" in render(school.parts.metrics.registry)
    outlet.send(message)
    await other.until_person(slow.you, present=False)
    assert b"slow_sockets_cut_total 1.0" in render(school.parts.metrics.registry)
    slow.cut()


async def test_a_cut_off_reader_comes_back(school: School) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "Slow")
    slow = await school.client.join(grant)
    other = await school.client.come(lesson.participant_link, "A")
    call = await school.parts.calls.get(lesson.lesson.id)
    outlet = next(iter(call._sockets.values()))
    for _ in range(2000):
        outlet.send(b'{"type":"pong"}')
    await other.until_person(slow.you, present=False)
    assert slow.welcome is not None
    back = await school.client.join(grant, slow.welcome.resume)
    assert back.you == slow.you


# ── what one process bears ──


async def test_two_hundred_sockets(school: School) -> None:
    lesson = await school.client.lesson(size=200)
    engine = (await school.parts.calls.get(lesson.lesson.id)).engine
    browsers: list[Browser] = []
    for start in range(0, 200, 50):
        names = [f"Pupil {number}" for number in range(start, start + 50)]
        grants = [await school.client.enter(lesson.participant_link, name) for name in names]
        browsers += await asyncio.gather(*(school.client.join(grant) for grant in grants))
    assert len(engine.seats) == 200
    await asyncio.gather(*(browser.until_people(200) for browser in browsers))
    await browsers[0].send(SetMedia(OwnMedia(camera=True)))
    await asyncio.gather(
        *(b.until_person(browsers[0].you, media=Media(camera=True)) for b in browsers)
    )


async def test_nothing_but_websockets_is_served_here(school: School) -> None:
    reply = await school.client.ask("GET", "/api/call")
    assert reply.status == 400
    assert reply.code == "bad_request"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await school.client.session.ws_connect("http://signaling/api/elsewhere")


@pytest.mark.parametrize("key", [b"\xff\xfe", b"", b"no key", b"dGhlIHNhbXBsZSBub25jZQ== \xd0\xb9"])
async def test_a_handshake_that_is_none_is_refused(school: School, key: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(school.settings.socket("signaling-1"))
    writer.write(
        b"GET /api/call HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.split()[1] == b"400"
    assert b'"bad_request"' in await reader.readuntil(b"}}")
    writer.close()
    await writer.wait_closed()
