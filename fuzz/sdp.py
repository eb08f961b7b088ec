"""`python -m fuzz.sdp SECONDS`: session descriptions through parser, plan and answer.

Only `Refusal` may be raised, and an answer has one section for each of the offer's and no line
that the offer could have smuggled in.
"""

import sys
from pathlib import Path
from typing import get_args

import atheris

with atheris.instrument_imports(include=["sfu.sdp"]):
    from sfu.sdp import Candidate, Identity, Offer, SlotSsrc, make_plan, parse_offer, write_answer
    from sfu.sdp.plan import Slot
from zvonok.wire.bus import SessionKind
from zvonok.wire.errors import Refusal

from . import seeds

HERE = Path(__file__).resolve().parent
FOUND = HERE.parent / "build" / "fuzz" / "found"
IDENTITY = Identity((Candidate("192.0.2.1", 8081),), "AA:" * 31 + "AA")
MAX_ANSWER = 65536
FIELDS = set("vostacm")


def one(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        offer = parse_offer(text)
    except Refusal:
        return
    for kind in get_args(SessionKind):
        negotiate(offer, kind)


def negotiate(offer: Offer, kind: SessionKind) -> None:
    try:
        plan = make_plan(offer, kind)
    except Refusal:
        return
    assert kind != "publisher" or not any(isinstance(part, Slot) for part in plan.sections)
    assert kind != "viewer" or not list(plan.sources())
    ssrcs: dict[tuple[str, int], SlotSsrc] = {
        (slot.media, slot.number): SlotSsrc(1000 + index, 2000 + index)
        for index, slot in enumerate(plan.sections)
        if isinstance(slot, Slot)
    }
    answer = write_answer(
        offer, plan, IDENTITY, origin=(1, 1), credentials=("ufrag", "p" * 24), ssrcs=ssrcs
    )
    assert len(answer) <= MAX_ANSWER
    lines = answer.removesuffix("\r\n").split("\r\n")
    assert all(line[:1] in FIELDS and line[1:2] == "=" for line in lines)
    assert all(line.isprintable() for line in lines)
    assert sum(line.startswith("m=") for line in lines) == len(offer.sections)


def write_words() -> Path:
    """libFuzzer's dictionary: whole words are put in where single bytes would lead nowhere."""
    path = FOUND.parent / "sdp.dict"
    words = sorted({word for seed in seeds.offers() for word in seeds.words(seed)})
    path.write_text("".join(f'"{word}"\n' for word in words))
    return path


def main() -> None:
    """Ends the process: 0 when nothing was found in time."""
    FOUND.mkdir(parents=True, exist_ok=True)
    corpus = HERE / "corpus" / "sdp"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds.offers()):
        (corpus / f"seed-{number}").write_text(seed)
    options = [
        f"-max_total_time={sys.argv[1]}",
        "-max_len=16384",
        f"-dict={write_words()}",
        f"-artifact_prefix={FOUND}/sdp-",
        "-verbosity=0",
    ]
    atheris.Setup(["fuzz.sdp", *options, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
