"""What became of the packets of one direction: counts, queue delays, the share of the line."""

import math
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bottleneck import CODEL, QUEUE
from .direction import DELIVERED, LOSS, OUTAGE, could_carry
from .traits import Traits

FATES = (DELIVERED, QUEUE, CODEL, LOSS, OUTAGE)
NUMBERS = {fate: number for number, fate in enumerate(FATES)}
MOST = 2_000_000
"""Packets that are remembered: more than half an hour at 1000 a second, some 50 MB."""
SERIES_SECONDS = 0.5

Series = NDArray[np.float64]


class Record:
    """Of each packet when it came, when it came out or was dropped, how long it waited, its size
    and fate. Times are seconds since the relay began."""

    def __init__(self) -> None:
        self._came = array("d")
        self._at = array("d")
        self._waited = array("f")
        self._size = array("I")
        self._fate = array("b")
        self.forgotten = 0
        """Packets beyond MOST, of which nothing is known."""
        self._epochs: list[tuple[float, Traits, str]] = []

    def epoch(self, begin: float, traits: Traits, seed: str) -> None:
        """From now on the direction is like that."""
        self._epochs.append((begin, traits, seed))

    def add(self, fate: str, came: float, waited: float, at: float, size: int) -> None:
        if len(self._came) >= MOST:
            self.forgotten += 1
            return
        self._came.append(came)
        self._at.append(at)
        self._waited.append(waited)
        self._size.append(size)
        self._fate.append(NUMBERS[fate])

    def could_carry(self, edges: Sequence[float]) -> list[float | None]:
        """Bits between each two of these times; None: there was a time without a bottleneck."""
        found: list[float | None] = [0.0] * (len(edges) - 1)
        ends = [begin for begin, _, _ in self._epochs[1:]] + [math.inf]
        for (begin, traits, seed), end in zip(self._epochs, ends, strict=True):
            within = [min(max(edge, begin), end) - begin for edge in edges]
            for number, bits in enumerate(could_carry(traits, seed, within)):
                before = found[number]
                if within[number] < within[number + 1] and before is not None:
                    found[number] = None if bits is None else before + bits
        return found

    def summary(self, begin: float, end: float) -> dict[str, Any]:
        """Of the packets that came between two times; bytes are those of IP packets."""
        came, fate, size, waited, _ = self._between(begin, end)
        through = fate == NUMBERS[DELIVERED]
        dropped = {
            name: int(np.count_nonzero(fate == number))
            for name, number in NUMBERS.items()
            if name != DELIVERED
        }
        # What was lost behind the bottleneck has used it, too.
        used = (fate != NUMBERS[QUEUE]) & (fate != NUMBERS[CODEL])
        delays = waited[fate != NUMBERS[QUEUE]] * 1000
        could = self.could_carry([begin, end])[0]
        bits = float(size[used].sum()) * 8
        seconds = max(1e-9, end - begin)
        return {
            "packets": len(came),
            "bytes": int(size.sum()),
            "delivered": int(np.count_nonzero(through)),
            "delivered_bytes": int(size[through].sum()),
            "dropped": {name: count for name, count in dropped.items() if count},
            "dropped_share": 1 - float(through.mean()) if len(came) else 0.0,
            "queue_ms": {
                "p50": _percentile(delays, 50),
                "p95": _percentile(delays, 95),
                "max": _percentile(delays, 100),
            },
            "sent_kbit_s": round(float(size.sum()) * 8 / seconds / 1000, 1),
            "capacity_kbit_s": None if could is None else round(could / seconds / 1000, 1),
            "share_of_line": None if not could else round(bits / could, 4),
        }

    def series(self, end: float) -> list[dict[str, Any]]:
        """The same in steps of SERIES_SECONDS, for plots; what came out by when it came out."""
        edges = np.arange(0, end + SERIES_SECONDS, SERIES_SECONDS)
        came, fate, size, waited, at = self._between(0, end)
        through = fate == NUMBERS[DELIVERED]
        sent = np.histogram(came, edges, weights=size)[0]
        received = np.histogram(at[through], edges, weights=size[through])[0]
        dropped = np.histogram(came[~through], edges)[0]
        longest = np.zeros(len(edges))
        np.maximum.at(longest, (came / SERIES_SECONDS).astype(int), waited * 1000)
        rows = []
        capacity = self.could_carry(edges.tolist())
        for number, (begin, could) in enumerate(zip(edges[:-1], capacity, strict=True)):
            rows.append(
                {
                    "t": float(begin),
                    "sent_kbit_s": _kbit(sent[number]),
                    "received_kbit_s": _kbit(received[number]),
                    "dropped": int(dropped[number]),
                    "queue_ms_max": round(float(longest[number]), 1),
                    "capacity_kbit_s": None if could is None else _kbit(could / 8),
                }
            )
        return rows

    def _between(self, begin: float, end: float) -> tuple[Series, Series, Series, Series, Series]:
        came = np.array(self._came)
        chosen = (came >= begin) & (came < end)
        columns = (self._fate, self._size, self._waited, self._at)
        fate, size, waited, at = (np.array(column)[chosen] for column in columns)
        return came[chosen], fate, size, waited, at


def _kbit(bytes_: float) -> float:
    return round(float(bytes_) * 8 / SERIES_SECONDS / 1000, 1)


def _percentile(values: Series, percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if len(values) else None
