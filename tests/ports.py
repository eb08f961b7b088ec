"""Ports for the servers that tests start."""

import random
import socket
from pathlib import Path

LOWEST, HIGHEST = 10_240, 65_535
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port(kind: socket.SocketKind) -> int:
    """One that nobody has.

    Nor does the system give it to a client meanwhile, or while its server is killed and started
    again: it is below those that are given out (ip(7)), if that leaves any.
    """
    choice = random.SystemRandom()
    candidates = range(LOWEST, first_given_out()) or range(LOWEST, HIGHEST)
    while True:
        port = choice.choice(candidates)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
        return port


def first_given_out() -> int:
    """The lowest port that a socket gets that asks for none."""
    return int(RANGE.read_text().split()[0])
