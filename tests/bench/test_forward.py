"""The bench itself, small: every packet is forwarded and both sides are measured."""

from bench.forward import PACE, compare
from bench.programs import compile_programs


def test_a_small_audience_is_measured() -> None:
    compile_programs()
    result = compare(20, seconds=0.15, rounds=1)
    assert result["viewers_verified"] == 20
    assert [run["segments"] for run in result["runs"]] == list(PACE)
    assert [run["forwarded"] for run in result["runs"]] == [1.0] * len(PACE)
    for run in result["runs"]:
        assert run["packets_per_cpu_s"] > 0
        assert run["bare_loop_packets_per_cpu_s"] > 0
