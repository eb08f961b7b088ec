"""What the operator may count."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from zvonok.service.metrics import new_registry

Gauges = Callable[[], tuple[int, int, int]]


class Metrics:
    """Counters of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry: CollectorRegistry = new_registry()
        self.joins = Counter(
            "signaling_joins", "Attempts to take a seat", ["outcome"], registry=self.registry
        )
        self.messages = Counter(
            "signaling_messages", "Messages from browsers", ["type"], registry=self.registry
        )
        self.refusals = Counter(
            "signaling_refusals", "Errors told to clients", ["code"], registry=self.registry
        )
        self.requests = Counter(
            "signaling_requests", "HTTP requests", ["route", "status"], registry=self.registry
        )
        self.sent_bytes = Counter(
            "signaling_sent_bytes", "Bytes of messages to browsers", registry=self.registry
        )
        self.cut = Counter(
            "signaling_slow_sockets_cut", "Sockets that did not keep up", registry=self.registry
        )

        self.turned_away = Counter(
            "signaling_unjoined_sockets_turned_away",
            "Sockets without a `join` that made room for others",
            registry=self.registry,
        )

    def watch(self, gauges: Gauges) -> None:
        """Adds what is not counted but looked at."""
        self.registry.register(_Watched(gauges))


class _Watched(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        names = ("calls", "seats", "sockets")
        for name, value in zip(names, self._gauges(), strict=True):
            yield GaugeMetricFamily(f"signaling_{name}", f"Open {name}", value=value)
