"""The other end: notes arrivals and tells them as browsers do."""

from random import Random

from tests.kernel.feedback import write_feedback

FEEDBACK_SIZE = 80
MOST_TOLD = 500


class Receiver:
    """Times in seconds. Its clock is another, and may run at another speed."""

    def __init__(self, dice: Random, *, drift: float = 0.0, every: float = 0.06) -> None:
        self._offset = dice.uniform(10, 1e6)
        self._speed = 1 + drift
        self._every = every
        self._next = every
        self._heard: dict[int, float] = {}
        self._base: int | None = None
        self._count = 0

    def arrived(self, at: float, number: int) -> None:
        self._heard[number] = at

    def answer(self, now: float) -> bytes | None:
        """The body of a feedback, when it is time for one."""
        if now < self._next or not self._heard:
            return None
        self._next = now + self._every
        heard, self._heard = self._heard, {}
        first = min(heard) if self._base is None else min(self._base, *heard)
        end = max(heard) + 1
        first = max(first, end - MOST_TOLD)
        self._base = end
        times = [heard.get(number) for number in range(first, end)]
        told = [None if at is None else self._micros(at) for at in times]
        self._count += 1
        return write_feedback(first, told, self._count)[4:]

    def _micros(self, at: float) -> int:
        return int((self._offset + at * self._speed) * 1e6)
