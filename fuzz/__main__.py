"""`python -m fuzz [target …]`: each target for SECONDS (60), the kernel's under libFuzzer.

Inputs that a target learns stay in fuzz/corpus, one that breaks it in build/fuzz/found:
it becomes a test beside those of what it broke.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import seeds
from .build import OUT, build

HERE = Path(__file__).resolve().parent
FOUND = OUT / "found"
MESSAGES = ["sdp", "messages"]
LONGEST = 8192


def run_kernel_target(target: str, harness: Path, seconds: int) -> bool:
    corpus = HERE / "corpus" / target
    seeds.write(target, corpus)
    environment = {
        **os.environ,
        "ZVONOK_FUZZ_TARGET": target,
        "PYTHONPATH": str(OUT),
        "PYTHONHOME": sys.base_prefix,
        # Python itself frees little at its end.
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [
        str(harness),
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={FOUND}/{target}-",
        "-verbosity=0",
        str(corpus),
    ]
    return subprocess.run(command, env=environment).returncode == 0


def run_message_target(target: str, seconds: int) -> bool:
    command = [sys.executable, "-m", f"fuzz.{target}", str(seconds)]
    return subprocess.run(command, cwd=HERE.parent).returncode == 0


def main() -> int:
    seconds = int(os.environ.get("SECONDS", "60"))
    known = [*seeds.seeds(), *MESSAGES]
    targets = sys.argv[1:] or known
    unknown = [target for target in targets if target not in known]
    if unknown:
        print(f"no such target: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    if shutil.which("clang") is None:
        print("clang is not installed")
        return 1
    FOUND.mkdir(parents=True, exist_ok=True)
    harness = build() if set(targets) - set(MESSAGES) else OUT
    broken = []
    for target in targets:
        print(f"── {target}: {seconds} s", flush=True)
        if target in MESSAGES:
            fine = run_message_target(target, seconds)
        else:
            fine = run_kernel_target(target, harness, seconds)
        if not fine:
            broken.append(target)
    print(f"broken: {', '.join(broken)}" if broken else "nothing found")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
