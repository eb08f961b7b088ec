"""Who is heard."""

import struct

from sfu.kernel.core import EVENT_SPEAKERS, KIND_MICROPHONE, KIND_SCREEN_AUDIO
from tests.kernel.peer import OPUS, Peer, Stage, rtp

QUIET = 70


def class_of(stage: Stage, count: int, *, room: int = 1) -> list[Peer]:
    peers = [stage.join(number + 100 * (room - 1), room=room) for number in range(1, count + 1)]
    for peer in peers:
        peer.publish()
        peer.view()
    return peers


def heard(listener: Peer) -> set[int]:
    return {p.csrc // 4 for p in listener.audio()}


def speakers(stage: Stage) -> list[tuple[int, ...]]:
    return [
        struct.unpack(f"<{len(data) // 4}I", data)
        for kind, _, _, _, data in stage.kernel.events()
        if kind == EVENT_SPEAKERS
    ]


def talk(stage: Stage, milliseconds: int, *turns: tuple[Peer, int]) -> None:
    for _ in range(0, milliseconds, 20):
        for peer, level in turns:
            peer.speak(level)
        stage.wait(20)


def test_the_first_syllable_is_heard(stage: Stage) -> None:
    speaker, listener = class_of(stage, 2)
    speaker.speak()
    [packet] = listener.audio()
    assert packet.csrc == speaker.number * 4 + KIND_MICROPHONE
    assert packet.marker, "a stretch of speech begins (RFC 3551 §4.1)"


def test_nobody_hears_himself(stage: Stage) -> None:
    speaker, listener = class_of(stage, 2)
    talk(stage, 100, (speaker, 30), (listener, 30))
    assert heard(speaker) == {listener.number}
    assert heard(listener) == {speaker.number}


def test_silence_is_not_forwarded(stage: Stage) -> None:
    speaker, listener = class_of(stage, 2)
    talk(stage, 1000, (speaker, QUIET))
    assert listener.audio() == []


def test_pauses_between_words_are_forwarded_and_then_no_more(stage: Stage) -> None:
    speaker, listener = class_of(stage, 2)
    talk(stage, 100, (speaker, 30))
    talk(stage, 400, (speaker, QUIET))
    assert len(listener.audio()) == 25
    talk(stage, 1000, (speaker, QUIET))
    assert len(listener.audio()) < 40


def test_after_silence_the_numbers_go_on_without_a_gap(stage: Stage) -> None:
    speaker, listener = class_of(stage, 2)
    talk(stage, 100, (speaker, 30))
    talk(stage, 1500, (speaker, QUIET))
    before = listener.audio()[-1]
    speaker.speak(30)
    after = listener.audio()[-1]
    assert after.sequence == (before.sequence + 1) & 0xFFFF
    assert after.marker
    gap = after.timestamp - before.timestamp & 0xFFFFFFFF
    assert 0.5 * 48000 < gap < 1.5 * 48000, "the slot's clock went on"


def test_three_are_heard_and_a_fourth_only_when_clearly_louder(stage: Stage) -> None:
    *four, listener = class_of(stage, 5)
    talk(stage, 2000, *((peer, 30) for peer in four[:3]))
    talk(stage, 1000, *((peer, 30) for peer in four))
    assert heard(listener) == {1, 2, 3}
    talk(stage, 1000, *((peer, 30) for peer in four[:3]), (four[3], 10))
    assert heard(listener) == {1, 2, 3, 4}
    assert {p.ssrc for p in listener.audio()} <= {5000, 5001, 5002}


def test_a_free_seat_is_taken_at_once(stage: Stage) -> None:
    *four, listener = class_of(stage, 5)
    talk(stage, 200, *((peer, 30) for peer in four[:3]))
    talk(stage, 2500, *((peer, 30) for peer in four[:2]))
    four[3].speak(30)
    assert listener.audio()[-1].csrc // 4 == 4


def test_a_moderator_is_preferred(stage: Stage) -> None:
    *four, listener = class_of(stage, 5)
    stage.kernel.set_moderator(four[3].handle, True)
    talk(stage, 2000, *((peer, 30) for peer in four[:3]))
    talk(stage, 1000, *((peer, 30) for peer in four))
    assert 4 in heard(listener)


def test_a_loud_claim_on_tiny_packets_is_not_believed(stage: Stage) -> None:
    liar, listener = class_of(stage, 2)
    for _ in range(50):
        liar.speak(0, size=8)
    assert listener.audio() == []


def test_rooms_do_not_hear_each_other(stage: Stage) -> None:
    here, there = class_of(stage, 2), class_of(stage, 2, room=2)
    talk(stage, 100, (here[0], 30), (there[0], 30))
    assert heard(here[1]) == {1}
    assert heard(there[1]) == {101}
    stage.kernel.set_room(there[1].handle, 1)
    there[1].media.clear()
    talk(stage, 100, (here[0], 30), (there[0], 30))
    assert heard(there[1]) == {1}


def test_speakers_are_told_loudest_first_and_when_they_fall_silent(stage: Stage) -> None:
    quiet, loud, _ = class_of(stage, 3)
    talk(stage, 1000, (quiet, 40), (loud, 10))
    assert speakers(stage)[-1] == (loud.handle, quiet.handle)
    talk(stage, 1500, (quiet, QUIET), (loud, QUIET))
    assert speakers(stage)[-1] == ()


def test_a_muted_speaker_gives_the_seat_up(stage: Stage) -> None:
    speaker, _ = class_of(stage, 2)
    talk(stage, 300, (speaker, 30))
    stage.kernel.events()
    stage.kernel.set_gate(speaker.handle, KIND_MICROPHONE, False)
    stage.wait(200)
    assert speakers(stage) == [()]


def test_screen_sound_has_a_slot_of_its_own(stage: Stage) -> None:
    sharer, listener = class_of(stage, 2)
    stage.kernel.expect(
        sharer.handle, KIND_SCREEN_AUDIO, mid=b"3", payload_type=OPUS, clock_rate=48000
    )
    stage.kernel.set_gate(sharer.handle, KIND_SCREEN_AUDIO, True)
    sound = rtp(OPUS, 7, 960, 444, b"music" * 20, extensions={4: b"3"})
    sharer.send(sound)
    assert listener.audio() == []
    stage.kernel.set_screen_audio(1, sharer.handle)
    sharer.send(rtp(OPUS, 8, 1920, 444, b"music" * 20, extensions={4: b"3"}))
    [packet] = listener.audio(3)
    assert packet.csrc == sharer.number * 4 + KIND_SCREEN_AUDIO
    stage.kernel.set_screen_audio(1, -1)
    sharer.send(rtp(OPUS, 9, 2880, 444, b"music" * 20, extensions={4: b"3"}))
    assert len(listener.audio(3)) == 1


def test_who_goes_out_and_comes_back_is_sent_nothing_under_one_number_twice(stage: Stage) -> None:
    """While a packet is on its way to the members of the room, and some were served already."""
    speaker, *listeners = class_of(stage, 40)
    talk(stage, 200, (speaker, 30))
    stage.kernel.set_sliced(True)
    speaker.speak()
    first = max(listeners, key=lambda listener: len(listener.audio()))
    last = min(listeners, key=lambda listener: len(listener.audio()))
    served = len(first.audio())
    assert len(last.audio()) < served, "the packet is on its way"
    for room in (2, 1):
        stage.kernel.set_room(first.handle, room)
    stage.wait(200)
    assert len(last.audio()) == served
    numbers = [packet.sequence for packet in first.audio()]
    assert len(set(numbers)) == len(numbers)
