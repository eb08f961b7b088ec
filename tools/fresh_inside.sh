#!/bin/bash
# The part of tools/fresh.sh that runs inside the bare system.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '▸ %s\n' "$*" >&2; }

# The page, from our own front door and no other that may run on this machine. Asked by the
# system's Python: that of .venv, run by root while its owner installs into it, would leave
# bytecode there that the owner cannot replace.
page_answers() {
    python3 -I -B - <<PYTHON 2>/dev/null
import pathlib, urllib.request
def get(path):
    return urllib.request.urlopen("http://localhost:$ZVONOK_HTTP_PORT" + path).read()
assert get("/ca.crt") == pathlib.Path("var/ca/ca.crt").read_bytes()
assert b"<script" in get("/")
PYTHON
}

fail() {
    say "make up: $*"
    exit 1
}

# check_up COMMAND…: what `make up` is run by.
check_up() {
    local began=$SECONDS job
    # A group of its own that minds SIGINT, so that Ctrl-C can be sent to it as a terminal would.
    env --default-signal=INT setsid "$@" make up &
    job=$!
    until page_answers; do
        kill -0 "$job" 2>/dev/null || fail "ended by itself"
        [ $((SECONDS - began)) -lt 1800 ] || fail "no page after half an hour"
        sleep 0.2
    done
    say "make up: the page answers after $((SECONDS - began)) s"
    began=$SECONDS
    kill -INT -- "-$job"
    while kill -0 "$job" 2>/dev/null; do
        [ $((SECONDS - began)) -lt 10 ] || fail "Ctrl-C does not end it"
        sleep 0.1
    done
    say "make up: Ctrl-C ended it within $((SECONDS - began + 1)) s"
    if grep -lE '^(redis-server|nginx|python)' /proc/[0-9]*/comm 2>/dev/null; then
        fail "left these running"
    fi
}

for target in "$@"; do
    case "$target" in
    up)
        check_up env
        say "Once more, now that everything is there:"
        check_up env
        say "As an ordinary user:"
        useradd --create-home pupil
        cp -a . /home/pupil/zvonok
        # What knows its own place, and what a clone would not have.
        rm -rf /home/pupil/zvonok/{var,.venv,build,web/dist,web/node_modules}
        chown -R pupil: /home/pupil
        (cd /home/pupil/zvonok && check_up setpriv --reuid=pupil --regid=pupil --init-groups \
            env HOME=/home/pupil)
        ;;
    *) make "$target" ;;
    esac
    say "make $target: done"
done
