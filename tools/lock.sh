#!/bin/bash
# Resolves the dependencies in pyproject.toml into lockfiles that hold hashes and no address.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11.0 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"
}

# From 3.11.0 on: an older patch release needs more packages than a newer one.
compile pyproject.toml --group dev --upgrade -o requirements.lock
compile --group pyproject.toml:node --upgrade -o tools/node.lock
compile --group pyproject.toml:lines --constraint requirements.lock --upgrade -o tools/lines.lock
