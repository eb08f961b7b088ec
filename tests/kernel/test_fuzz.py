"""The fuzzers are compiled by `make fuzz` alone, and name much of the kernel."""

from pathlib import Path

from fuzz.build import translate


def test_the_targets_fit_what_the_kernel_declares(tmp_path: Path) -> None:
    translate(Path("fuzz/targets.pyx"), tmp_path / "targets.c")
