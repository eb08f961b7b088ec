"""The bench itself, small: every packet is forwarded and both sides are measured."""

from bench.forward import HEADLINE, PACE, compare
from bench.programs import compile_programs


def test_a_small_audience_is_measured() -> None:
    compile_programs()
    result = compare(20, seconds=0.15, rounds=1)
    assert result["viewers_verified"] == 20
    single, *joined = result["runs"]
    assert (single["gso"], single["segments"]) == (False, HEADLINE)
    assert single["packets_per_message"] <= 1.0
    assert [run["segments"] for run in joined] == list(PACE)
    for run in result["runs"]:
        assert run["forwarded"] == 1.0
        assert run["packets_per_cpu_s"] > 0
        assert run["bare_loop_packets_per_cpu_s"] > 0
