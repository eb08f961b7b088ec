"""Compiles the kernel, the targets and libFuzzer's harness with clang and its sanitizers.

Everything lands in build/fuzz, beside and apart from the modules that the product loads.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "fuzz"
SANITIZERS = "address,undefined"
# Read once: sysconfig does not bear being asked by two threads at first.
SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
FLAGS = ["-g", "-O1", "-fno-omit-frame-pointer", "-w"]


def translate(source: Path, generated: Path) -> None:
    """Cython to C. Raises CalledProcessError when it does not fit what the kernel declares."""
    cython = [sys.executable, "-m", "cython", "-3", "-X", "boundscheck=True"]
    subprocess.run([*cython, str(source), "-o", str(generated)], cwd=ROOT, check=True)


def compile_module(name: str) -> None:
    """Unless the module is newer than its source and all declarations."""
    source = Path(*name.split(".")).with_suffix(".pyx")
    module = OUT / (name.replace(".", "/") + SUFFIX)
    inputs = [source, *Path("sfu/kernel").glob("*.[ph]*"), *Path("fuzz").glob("*.pxd")]
    if module.exists() and module.stat().st_mtime > max(path.stat().st_mtime for path in inputs):
        return
    generated = OUT / "c" / f"{name}.c"
    translate(source, generated)
    include = [f"-I{sysconfig.get_paths()['include']}", f"-I{ROOT / 'sfu' / 'kernel'}"]
    sanitize = [f"-fsanitize=fuzzer-no-link,{SANITIZERS}", "-fno-sanitize-recover=undefined"]
    command = ["clang", *FLAGS, *sanitize, "-fPIC", "-shared", *include, str(generated)]
    subprocess.run([*command, "-o", str(module), "-lcrypto"], check=True)


def compile_harness() -> Path:
    harness = OUT / "harness"
    version = sysconfig.get_config_var("LDVERSION")
    libraries = sysconfig.get_config_var("LIBDIR")
    subprocess.run(
        [
            *("clang", *FLAGS, f"-fsanitize=fuzzer,{SANITIZERS}"),
            f"-I{sysconfig.get_paths()['include']}",
            str(ROOT / "fuzz" / "harness.c"),
            *(
                "-o",
                str(harness),
                f"-L{libraries}",
                f"-Wl,-rpath,{libraries}",
                f"-lpython{version}",
            ),
            *("-lcrypto", "-ldl", "-lm", "-rdynamic"),
        ],
        check=True,
    )
    return harness


def build() -> Path:
    """Returns the harness; raises CalledProcessError when something does not compile."""
    os.chdir(ROOT)
    for package in ("sfu/kernel", "fuzz"):
        (OUT / package).mkdir(parents=True, exist_ok=True)
    for package in ("sfu", "sfu/kernel", "fuzz"):
        (OUT / package / "__init__.py").touch()
    (OUT / "c").mkdir(exist_ok=True)
    modules = [f"sfu.kernel.{source.stem}" for source in sorted(Path("sfu/kernel").glob("*.pyx"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_module, [*modules, "fuzz.targets"]))
    return compile_harness()


if __name__ == "__main__":
    if shutil.which("clang") is None:
        sys.exit("clang is not installed")
    print(build())
