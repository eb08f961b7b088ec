"""How many packets a core forwards, beside a bare loop of encryption and sends.

`python -m bench.forward [--json FILE]`: one publisher's video goes through the kernel to 2000
viewers on loopback, SRTP both ways, in frames of 1, 2, 4 and 8 packets. A frame leaves as one GSO
message of as many segments; frames of one packet leave without GSO, unless the kernel falls behind
and sends two at once (`packets_per_message` tells). The bare loop then does the same number of
segments of the same size to as many destinations, in turn with the kernel, so that both see the
same machine.
The figure is packets per second of CPU time of the sending thread; `ratio` compares them, and the
one at the top is that for 4 segments. Reports of the kernel reach the counting sink as well, so
`arrived` may be a little above 1; the packets counted are media alone. The verdict is that every
viewer got authentic packets, all were forwarded, and `ratio` is at least 0.6: on quiet machines it
was 0.7 to 0.8.
"""

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sfu.kernel.core import KIND_CAMERA, Kernel

from .peers import Publisher, Viewers
from .programs import Measured, Sink, compile_programs, receiving_socket, run_bare_loop

PAYLOAD = 1076
SIZE = 24 + PAYLOAD
"""Bytes before encryption: header with CSRC and send time, then the payload."""
HEADLINE = 4
LEAST_RATIO = 0.6
# Frames per second by packets per frame: about half of what a core bears.
PACE = {1: 40, 2: 40, 4: 30, 8: 20}
DRAIN = 10.0
"""Seconds that the kernel may be behind the publisher."""


def threads() -> set[int]:
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}


def cpu_seconds(thread: int) -> float:
    """On-CPU time as the scheduler counts it, kernel and user together."""
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def running(viewers: int, *, gso: bool) -> Iterator[tuple[Kernel, int]]:
    """A kernel and the id of its thread."""
    kernel = Kernel(ipv4="127.0.0.1", ipv6=None, max_sessions=viewers + 1, gso=gso)
    try:
        before = threads()
        kernel.start()
        yield kernel, (threads() - before).pop()
    finally:
        kernel.close()


def publish(publisher: Publisher, segments: int, seconds: float) -> int:
    """Frames at an even pace, of which none is caught up; returns the number of packets."""
    interval = 1 / PACE[segments]
    due = time.monotonic()
    end = due + seconds
    frames = 0
    while due < end:
        publisher.frame(segments, PAYLOAD, keyframe=frames % 30 == 0)
        frames += 1
        due = max(due + interval, time.monotonic() - interval)
        time.sleep(max(0.0, due - time.monotonic()))
    return frames * segments


def forwarded(kernel: Kernel, viewers: Viewers) -> int:
    """Media packets alone, without reports and answers to checks."""
    return sum(kernel.session_stats(session)["packets_sent"] for session in viewers.sessions)


def wait_until_forwarded(kernel: Kernel, viewers: Viewers, packets: int) -> None:
    """Until the last viewer has got this many since it was opened."""
    end = time.monotonic() + DRAIN
    last = viewers.sessions[-1]
    while kernel.session_stats(last)["packets_sent"] < packets and time.monotonic() < end:
        time.sleep(0.01)


def measure(
    kernel: Kernel,
    thread: int,
    publisher: Publisher,
    viewers: Viewers,
    segments: int,
    seconds: float,
) -> Measured:
    with Sink(viewers.receiver) as sink:
        before, counters, cpu = forwarded(kernel, viewers), kernel.counters(), cpu_seconds(thread)
        sent = kernel.session_stats(viewers.sessions[-1])["packets_sent"]
        published = publish(publisher, segments, seconds)
        wait_until_forwarded(kernel, viewers, sent + published)
        cpu = cpu_seconds(thread) - cpu
        packets = forwarded(kernel, viewers) - before
        expected = published * len(viewers.sessions)
        messages = kernel.counters()["datagrams_sent"] - counters["datagrams_sent"]
    return Measured(packets, cpu, sink.datagrams, expected, messages)


@contextmanager
def audience(
    kernel: Kernel, receiver: socket.socket, count: int
) -> Iterator[tuple[Publisher, Viewers]]:
    """A publisher and viewers who all show him."""
    publisher = Publisher(kernel)
    viewers = Viewers(kernel, receiver, count)
    viewers.connect()
    publisher.frame(1, PAYLOAD, keyframe=True)
    for session in viewers.sessions:
        kernel.set_slot(session, 0, publisher.session, KIND_CAMERA, 0)
    time.sleep(0.5)
    publisher.frame(1, PAYLOAD, keyframe=True)
    try:
        yield publisher, viewers
    finally:
        publisher.close()


def compare_with(
    receiver: socket.socket, count: int, seconds: float, rounds: int, *, gso: bool
) -> tuple[list[dict[str, Any]], int, dict[str, int]]:
    """The rows of one kernel, the viewers that were verified, and its counters."""
    runs = []
    with (
        running(count, gso=gso) as (kernel, thread),
        audience(kernel, receiver, count) as (publisher, viewers),
    ):
        verified = viewers.verified(3)
        for segments in PACE if gso else (HEADLINE,):
            ours, bare = Measured(), Measured()
            for _ in range(rounds):
                # Consent lasts 30 s (RFC 7675).
                viewers.connect()
                time.sleep(0.3)
                ours += measure(kernel, thread, publisher, viewers, segments, seconds)
                bare += run_bare_loop(
                    receiver,
                    size=SIZE,
                    segments=segments if gso else 1,
                    destinations=count,
                    seconds=seconds,
                )
            runs.append({"gso": gso, **describe(segments, ours, bare)})
        counters = {name: value for name, value in kernel.counters().items() if value}
    return runs, verified, counters


def compare(viewers: int, seconds: float, rounds: int) -> dict[str, Any]:
    receiver = receiving_socket()
    single, _, _ = compare_with(receiver, viewers, seconds, rounds, gso=False)
    joined, verified, counters = compare_with(receiver, viewers, seconds, rounds, gso=True)
    receiver.close()
    top = next(run for run in joined if run["segments"] == HEADLINE)
    return {
        "packets_per_cpu_s": top["packets_per_cpu_s"],
        "bare_loop_packets_per_cpu_s": top["bare_loop_packets_per_cpu_s"],
        "ratio": top["ratio"],
        "segments": HEADLINE,
        "viewers": viewers,
        "viewers_verified": verified,
        "runs": single + joined,
        "counters": counters,
        "cores": os.cpu_count(),
    }


def describe(segments: int, ours: Measured, bare: Measured) -> dict[str, Any]:
    return {
        "segments": segments,
        "bytes": SIZE,
        "packets": ours.packets,
        "forwarded": round(ours.packets / ours.expected, 4),
        "packets_per_message": round(ours.packets / ours.messages, 2),
        "arrived": round(ours.arrived / ours.packets, 4),
        "packets_per_cpu_s": round(ours.per_cpu_second),
        "bare_loop_packets_per_cpu_s": round(bare.per_cpu_second),
        "ratio": round(ours.per_cpu_second / bare.per_cpu_second, 3),
        "bare_loop_arrived": round(bare.arrived / bare.packets, 4),
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['viewers']} viewers, {result['viewers_verified']} verified")
    print("frame  GSO  bytes  packets/CPU s  bare loop  ratio")
    for run in result["runs"]:
        gso = "yes" if run["gso"] else " no"
        print(
            f"{run['segments']:5}  {gso}  {run['bytes']:5}  {run['packets_per_cpu_s']:13,}"
            f"  {run['bare_loop_packets_per_cpu_s']:9,}  {run['ratio']:5.2f}"
        )


def is_well(result: dict[str, Any]) -> bool:
    return (
        result["viewers_verified"] == result["viewers"]
        and all(run["forwarded"] == 1.0 for run in result["runs"])
        and result["ratio"] >= LEAST_RATIO
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.forward", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--viewers", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2, help="kernel and bare loop in turn")
    arguments = parser.parse_args()
    compile_programs()
    result = compare(arguments.viewers, arguments.seconds, arguments.rounds)
    show(result)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=1))
    return 0 if is_well(result) else 1


if __name__ == "__main__":
    sys.exit(main())
