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

from Cython.Build import cythonize
from setuptools import Extension

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "fuzz"
SANITIZERS = "address,undefined"
# Read once: sysconfig does not bear being asked by two threads at first.
SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
FLAGS = ["-g", "-O1", "-fno-omit-frame-pointer", "-w"]


def compile_module(extension: Extension) -> None:
    """One .c file of Cython's to a module under build/fuzz, unless that is newer."""
    source = Path(extension.sources[0])
    module = OUT / (extension.name.replace(".", "/") + SUFFIX)
    if module.exists() and module.stat().st_mtime > source.stat().st_mtime:
        return
    include = [f"-I{sysconfig.get_paths()['include']}", f"-I{ROOT / 'sfu' / 'kernel'}"]
    sanitize = f"-fsanitize=fuzzer-no-link,{SANITIZERS}"
    command = ["clang", *FLAGS, sanitize, "-fno-sanitize-recover=undefined", "-fPIC", "-shared"]
    subprocess.run(
        [*command, *include, str(source), "-o", str(module), "-lcrypto"], check=True, cwd=ROOT
    )


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
    sources = sorted(Path("sfu/kernel").glob("*.pyx"))
    extensions = [Extension(f"sfu.kernel.{source.stem}", [str(source)]) for source in sources]
    extensions.append(Extension("fuzz.targets", ["fuzz/targets.pyx"]))
    compiled = cythonize(
        extensions,
        build_dir=str(OUT / "c"),
        compiler_directives={"language_level": 3, "boundscheck": True},
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_module, compiled))
    return compile_harness()


if __name__ == "__main__":
    if shutil.which("clang") is None:
        sys.exit("clang is not installed")
    print(build())
