"""What an offer costs, at worst: `python -m bench.sdp [--json FILE]`.

Offers of every shape in `bench.offers`, as large as is accepted, are parsed, planned and answered.
The figure is CPU time, the best of several rounds. Fails when one takes longer than `LIMIT`.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from sfu.sdp import Candidate, Identity, SlotSsrc, make_plan, parse_offer, write_answer
from zvonok.wire.errors import Refusal

from .offers import FINGERPRINT, largest, many_formats, shapes

LIMIT = 0.005
"""Seconds."""
ROUNDS = 9
WORST = 10
"""How many are shown."""
IDENTITY = Identity((Candidate("192.0.2.9", 8081),), FINGERPRINT)


def negotiate(text: str) -> str:
    """The answer. Raises Refusal."""
    offer = parse_offer(text)
    plan = make_plan(offer)
    ssrcs = {
        (medium, slot.number): SlotSsrc(1 + slot.number, 100 + slot.number)
        for medium in ("audio", "video")
        for slot in plan.slots(medium)
    }
    return write_answer(
        offer, plan, IDENTITY, origin=(1, 1), credentials=("u" * 16, "p" * 32), ssrcs=ssrcs
    )


def measure(name: str, text: str) -> dict[str, Any]:
    best, answer, outcome = float("inf"), "", "answered"
    for _ in range(ROUNDS):
        start = time.thread_time()
        try:
            answer = negotiate(text)
        except Refusal as refusal:
            outcome = refusal.body.code
        best = min(best, time.thread_time() - start)
    return {
        "name": name,
        "ms": round(best * 1000, 2),
        "characters": len(text),
        "lines": text.count("\n"),
        "answer": len(answer),
        "outcome": outcome,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    target = parser.parse_args().json
    rows = [measure(shape.name, largest(shape.text)) for shape in shapes()]
    rows.append(measure("many formats", many_formats()))
    rows.sort(key=lambda row: -row["ms"])
    for row in rows[:WORST]:
        print(
            f"{row['ms']:6.2f} ms  {row['characters']:6} characters  {row['lines']:4} lines  "
            f"{row['answer']:5} in answer  {row['outcome']:13} {row['name']}"
        )
    print(f"largest answer: {max(row['answer'] for row in rows)} characters")
    if target is not None:
        target.write_text(json.dumps(rows, indent=1))
    return 0 if rows[0]["ms"] <= LIMIT * 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
