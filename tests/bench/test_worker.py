"""The media server that benches start."""

import re
from pathlib import Path

from zvonok.service.settings import DEFAULTS

BENCH = Path(__file__).parents[2] / "bench"


def test_benches_set_only_what_is_a_setting() -> None:
    """The environment is not checked at a start: a wrong name there would do nothing."""
    known = {f"ZVONOK_{name.upper()}" for name in DEFAULTS}
    for path in BENCH.rglob("*.py"):
        assert set(re.findall(r"ZVONOK_[A-Z_]+", path.read_text())) <= known, path.name
