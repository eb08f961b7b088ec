"""Compiles the media kernel: every `sfu/kernel/*.pyx` becomes a module beside its source."""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG = os.environ.get("ZVONOK_KERNEL_DEBUG") == "1"
SANITIZE = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"]
KERNEL = Path("sfu/kernel")

extensions = [
    Extension(
        f"sfu.kernel.{source.stem}",
        [str(source)],
        include_dirs=[str(KERNEL)],
        depends=[str(header) for header in sorted(KERNEL.glob("*.h"))],
        libraries=["crypto"],
        extra_compile_args=["-g", "-O1", *SANITIZE] if DEBUG else ["-O3"],
        extra_link_args=SANITIZE if DEBUG else [],
    )
    for source in sorted(KERNEL.glob("*.pyx"))
]

setup(
    ext_modules=cythonize(
        extensions,
        build_dir="build/cython-debug" if DEBUG else "build/cython",
        compiler_directives={
            "language_level": 3,
            "cdivision": True,
            "wraparound": False,
            "boundscheck": DEBUG,
            "initializedcheck": DEBUG,
        },
    )
)
