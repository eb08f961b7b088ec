"""Which packets get lost on the way, one after the other."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Loss:
    """A share of the packets, in bursts of a mean length: the model of Gilbert (1960) and Elliott
    (1963), in whose bad state everything is lost and in whose good one nothing.

    `share`: the mean, 0–1. `burst`: mean length in packets, 1 or more; None: each packet for
    itself, which makes bursts of `1 / (1 - share)`.
    """

    share: float
    burst: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ValueError("the share of lost packets is at least 0 and below 1")
        if self.burst is not None and (self.burst < 1 or self._enter > 1):
            raise ValueError("with that share the bursts have to be longer: share / (1 - share)")

    @property
    def _enter(self) -> float:
        """How likely the bad state follows on the good one."""
        assert self.burst is not None
        return self.share / (1 - self.share) / self.burst


class Losses:
    """`lost()` for each packet in turn."""

    __slots__ = ("_bad", "_enter", "_random", "_stay")

    def __init__(self, loss: Loss, dice: Random) -> None:
        if loss.burst is None:
            self._enter = self._stay = loss.share
        else:
            self._enter = loss._enter
            self._stay = 1 - 1 / loss.burst
        self._random = dice.random
        # As if it had gone on for ever before.
        self._bad = dice.random() < loss.share

    def lost(self) -> bool:
        self._bad = bad = self._random() < (self._stay if self._bad else self._enter)
        return bad
