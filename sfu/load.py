"""How busy this process is."""


class Load:
    """Share of one core, from the process's CPU time; `cpu` and `now` in seconds."""

    def __init__(self, cpu: float, now: float) -> None:
        self._cpu = cpu
        self._now = now

    def measure(self, cpu: float, now: float) -> float:
        """Since the last measurement, 0.0–1.0."""
        spent, elapsed = cpu - self._cpu, now - self._now
        self._cpu, self._now = cpu, now
        return min(1.0, max(0.0, spent / elapsed)) if elapsed > 0 else 0.0
