"""Who claims to be loud without being it, and how a contested seat goes round.

Sizes are those of Opus at 20 ms a packet: 6 kbit/s are 15 bytes, 32 kbit/s are 80.
"""

import random

import pytest

from tests.kernel.peer import Peer, Stage
from tests.kernel.test_speakers import class_of, heard

SHOUT = 12


class Voice:
    """What a peer sends every 20 ms."""

    def __init__(
        self, peer: Peer, level: int, sizes: tuple[int, ...], *, words: bool = False
    ) -> None:
        self.peer = peer
        self.level = level
        self.sizes = sizes
        self.words = words
        self.chance = random.Random(peer.number)
        self.sent = 0

    def send(self, milliseconds: int) -> None:
        if self.words and milliseconds % 1200 >= 900:
            # A pause between words: DTX sends one small packet in 400 ms.
            if milliseconds % 400 == 0:
                self.peer.speak(80, size=5)
            return
        self.sent += 1
        self.peer.speak(self.level, size=self.chance.choice(self.sizes))


def liar(peer: Peer, size: int = 12) -> Voice:
    return Voice(peer, 0, (size,))


def pupil(peer: Peer, level: int = SHOUT, sizes: tuple[int, ...] = (60, 75, 80, 90, 100)) -> Voice:
    return Voice(peer, level, sizes, words=True)


def lesson(stage: Stage, seconds: float, *voices: Voice, start: int = 0) -> None:
    for at in range(start, start + int(seconds * 1000), 20):
        if at % 1000 == 0:
            for peer in stage.peers.values():
                peer.check()
        for voice in voices:
            voice.send(at)
        stage.wait(20)


def share(listener: Peer, voice: Voice) -> float:
    """How much of what he sent since he began was heard."""
    return len([p for p in listener.audio() if p.csrc // 4 == voice.peer.number]) / voice.sent


def test_three_who_only_claim_to_be_loud_silence_nobody(stage: Stage) -> None:
    *peers, listener = class_of(stage, 5)
    liars = [liar(peer) for peer in peers[:3]]
    lesson(stage, 3, *liars)
    honest = pupil(peers[3])
    lesson(stage, 9, *liars, honest)
    assert share(listener, honest) >= 0.95


def test_they_silence_nobody_who_begins_with_them(stage: Stage) -> None:
    *peers, listener = class_of(stage, 5)
    honest = pupil(peers[3])
    lesson(stage, 9, *(liar(peer) for peer in peers[:3]), honest)
    assert share(listener, honest) >= 0.9


def test_they_gain_nothing_by_sending_many_at_once(stage: Stage) -> None:
    *peers, listener = class_of(stage, 5)
    liars = [liar(peer) for peer in peers[:3]]
    honest = pupil(peers[3])
    for at in range(0, 9000, 200):
        for voice in liars:
            for _ in range(10):
                voice.send(at)
        lesson(stage, 0.2, honest, start=at)
    assert share(listener, honest) >= 0.9


@pytest.mark.parametrize("pause", [480, 980, 1880])
def test_they_keep_no_seats_by_a_packet_now_and_then(stage: Stage, pause: int) -> None:
    """Too seldom to be judged, and often enough for a seat never to be free."""
    *peers, listener = class_of(stage, 5)
    liars = [liar(peer) for peer in peers[:3]]
    honest = pupil(peers[3])
    for at in range(0, 30_000, 20):
        for voice in liars:
            if (at + 100 * voice.peer.number) % (pause + 20) == 0:
                voice.send(at)
        if at >= 6000 and at % 3500 < 1000:
            # Short phrases, without a pause in them.
            honest.send(0)
        lesson(stage, 0.02, start=at)
    assert share(listener, honest) >= 0.9


@pytest.mark.parametrize("size", [14, 20, 40, 80, 160])
@pytest.mark.parametrize("tabs", [3, 6])
def test_those_who_send_as_much_as_speech_get_their_turns_and_no_more(
    stage: Stage, size: int, tabs: int
) -> None:
    *peers, listener = class_of(stage, tabs + 2)
    liars = [liar(peer, size) for peer in peers[:tabs]]
    lesson(stage, 6, *liars)
    honest = pupil(peers[tabs])
    lesson(stage, 30, *liars, honest)
    assert share(listener, honest) >= 0.8 * 3 / (tabs + 1)


@pytest.mark.parametrize("tabs", [3, 6])
def test_who_speaks_in_phrases_gets_his_turns_among_those_who_never_stop(
    stage: Stage, tabs: int
) -> None:
    *peers, listener = class_of(stage, tabs + 2)
    liars = [liar(peer, 80) for peer in peers[:tabs]]
    lesson(stage, 6, *liars)
    honest = pupil(peers[tabs])
    for at in range(6_000, 42_000, 6_000):
        lesson(stage, 3, *liars, honest, start=at)
        lesson(stage, 3, *liars, start=at + 3_000)
    assert share(listener, honest) >= 0.8 * 3 / (tabs + 1)


@pytest.mark.parametrize(
    ("level", "sizes"),
    [
        (30, (15,)),
        (30, (11, 13, 15, 17, 19)),
        (40, (15, 20, 25)),
        (SHOUT, (18, 20)),
        (45, (20, 30, 40)),
    ],
)
def test_who_speaks_on_a_bad_line_is_heard_whole(
    stage: Stage, level: int, sizes: tuple[int, ...]
) -> None:
    speaker, listener = class_of(stage, 2)
    honest = pupil(speaker, level, sizes)
    lesson(stage, 12, honest)
    assert share(listener, honest) >= 0.98


def test_who_speaks_on_a_bad_line_gets_his_turn_among_shouters(stage: Stage) -> None:
    *peers, listener = class_of(stage, 6)
    others = [pupil(peer) for peer in peers[:4]]
    lesson(stage, 5, *others)
    honest = pupil(peers[4], 20, (13, 15, 17))
    lesson(stage, 30, *others, honest)
    assert share(listener, honest) >= 0.3


def test_noise_takes_no_turn_from_those_who_speak(stage: Stage) -> None:
    *peers, listener = class_of(stage, 5)
    speakers = [pupil(peer, 27) for peer in peers[:3]]
    noise = Voice(peers[3], 48, (60, 80))
    lesson(stage, 20, *speakers, noise)
    assert noise.peer.number not in heard(listener)


@pytest.mark.parametrize("level", [40, 48])
def test_noise_that_gets_no_turn_is_not_waited_for(stage: Stage, level: int) -> None:
    *peers, listener = class_of(stage, 6)
    others = [liar(peer, 80) for peer in peers[:3]] + [Voice(peers[3], level, (60, 80))]
    lesson(stage, 3, *others)
    honest = pupil(peers[4])
    lesson(stage, 20, *others, honest, start=3000)
    assert share(listener, honest) >= 0.7


def test_four_who_discuss_are_all_heard(stage: Stage) -> None:
    *peers, listener = class_of(stage, 5)
    voices = [pupil(peer, 25) for peer in peers]
    lesson(stage, 40, *voices)
    assert all(share(listener, voice) >= 0.6 for voice in voices)


def test_a_moderator_takes_no_turns(stage: Stage) -> None:
    *peers, listener = class_of(stage, 6)
    stage.kernel.set_moderator(peers[4].handle, True)
    teacher = pupil(peers[4], 35)
    liars = [liar(peer, 80) for peer in peers[:4]]
    lesson(stage, 20, teacher, *liars)
    assert share(listener, teacher) >= 0.98
