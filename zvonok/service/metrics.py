"""Metrics in Prometheus' text format."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST


def new_registry() -> CollectorRegistry:
    """A registry with the process's own memory, CPU and descriptors in it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


class CountersOf(Collector):
    """Counters that somebody else keeps, read when asked: `CountersOf(kernel.counters, "sfu_")`."""

    def __init__(self, read: Callable[[], Mapping[str, int]], prefix: str) -> None:
        self._read = read
        self._prefix = prefix

    def collect(self) -> Iterator[CounterMetricFamily]:
        for name, value in self._read().items():
            yield CounterMetricFamily(self._prefix + name, name.replace("_", " "), value=value)


class GaugesOf(Collector):
    """The same for what goes up and down."""

    def __init__(self, read: Callable[[], Mapping[str, int]], prefix: str) -> None:
        self._read = read
        self._prefix = prefix

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, value in self._read().items():
            yield GaugeMetricFamily(self._prefix + name, name.replace("_", " "), value=value)


def render(registry: CollectorRegistry) -> bytes:
    return generate_latest(registry)
