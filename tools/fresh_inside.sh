#!/bin/bash
# The part of tools/fresh.sh that runs inside the bare system.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '▸ %s\n' "$*" >&2; }

page_answers() {
    .venv/bin/python - <<PYTHON 2>/dev/null
import urllib.request
with urllib.request.urlopen("http://localhost:$ZVONOK_HTTP_PORT/") as reply:
    assert b"<script" in reply.read()
PYTHON
}

check_up() {
    local began=$SECONDS job
    # A group of its own, so that Ctrl-C can be sent to it as a terminal would.
    setsid make up &
    job=$!
    until page_answers; do
        kill -0 "$job" 2>/dev/null || {
            say "make up ended by itself"
            exit 1
        }
        sleep 0.2
    done
    say "make up: the page answers after $((SECONDS - began)) s"
    began=$SECONDS
    kill -INT -- "-$job"
    wait "$job" || true
    say "make up: stopped within $((SECONDS - began + 1)) s"
    if grep -lE '^(redis-server|nginx)' /proc/[0-9]*/comm 2>/dev/null; then
        say "make up left these running"
        exit 1
    fi
}

for target in "$@"; do
    case "$target" in
    up)
        check_up
        say "Once more, now that everything is there:"
        check_up
        ;;
    *) make "$target" ;;
    esac
    say "make $target: done"
done
