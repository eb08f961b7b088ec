"""Rate limits: token buckets, with time as an argument."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """At most `burst` at once and `per_second` in the long run."""

    burst: float
    per_second: float


class Bucket:
    """One bucket, full at first."""

    __slots__ = ("_filled", "_rate", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._filled = now

    def wait(self, now: float) -> float:
        """Seconds until something may be taken; 0.0: now."""
        self._fill(now)
        return max(0.0, (1.0 - self._tokens) / self._rate.per_second)

    def take(self, now: float) -> float:
        """Takes one if there is one (0.0), else says how many seconds to wait."""
        wait = self.wait(now)
        if wait == 0.0:
            self._tokens -= 1.0
        return wait

    def _fill(self, now: float) -> None:
        grown = self._tokens + max(0.0, now - self._filled) * self._rate.per_second
        self._tokens = min(self._rate.burst, grown)
        self._filled = now


class Buckets:
    """A bucket per key. The keys longest unused are forgotten beyond `size`."""

    def __init__(self, rate: Rate, size: int = 10_000) -> None:
        self._rate = rate
        self._size = size
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        return bucket.take(now)


class Guesses:
    """Wrong guesses of a secret, by address and in all.

    Right ones are never asked about here: they are always answered, so that nobody can shut out
    those who have the secret, least of all from behind the same address. The secrets are long
    enough that only the noise has to be bounded.
    """

    def __init__(self, each: Rate, total: Rate, now: float) -> None:
        self._each = Buckets(each)
        self._total = Bucket(total, now)

    def wrong(self, address: str, now: float) -> float:
        """Counts a wrong guess. Not 0.0: say so instead of saying that it was wrong."""
        return max(self._each.take(network(address), now), self._total.take(now))


def network(address: str) -> str:
    """The address itself, or for IPv6 the /64, of which one person has every address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    # Of a listener for both versions; else all of IPv4 would be one network.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
