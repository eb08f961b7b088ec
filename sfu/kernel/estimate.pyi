from typing import TypedDict

class State(TypedDict):
    target: int
    acked: int
    rtt: int
    wait: int
    overusing: bool
    stalled: bool
    in_flight: int
    lost: int

class Estimator:
    """What one viewer's line bears. Times in µs, rates in bit/s."""

    def __init__(self, now: int, start: int = 300_000) -> None: ...
    def sent(self, now: int, size: int) -> int:
        """The transport-wide number of a packet with so many bytes."""
    def feedback(self, now: int, body: bytes) -> bool:
        """The body of transport-wide feedback; False: malformed."""
    def remb(self, now: int, bitrate: int, sent: int) -> None: ...
    def tick(self, now: int) -> None: ...
    def probe(self, now: int, wanted: int) -> int:
        """Bytes that are due of a probe; −1: none is due."""
    @property
    def pace(self) -> int: ...
    @property
    def state(self) -> State: ...
