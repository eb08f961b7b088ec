# The steps of tools/setup.sh: each says that it is under way, and none stands still for ever.
# To be sourced. Needs LOG, where the output of the step under way goes.

# Seconds after which a step that fetches is ended if nothing came; not a limit for slow lines.
PATIENCE="${ZVONOK_SETUP_PATIENCE:-60}"
# Seconds between two signs of life.
TELLING=$((PATIENCE / 6))

say() { printf '▸ %s\n' "$*" >&2; }

fail() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

# run WHAT COMMAND…: the command's output goes to the log and is shown only if it fails.
run() { step 0 "" "$@"; }

# fetch HINT WHAT COMMAND…: the same, with a limit; the function HINT says what to look at.
fetch() { step "$PATIENCE" "$@"; }

# fetch_system HINT WHAT COMMAND…: never ended here, for half an installation breaks a system.
# apt has a limit of its own for a mirror that says nothing.
fetch_system() { step 0 "$@"; }

step() {
    local limit="$1" hint="$2" what="$3" began=$SECONDS watcher status=0
    shift 3
    say "$what …"
    : >"$LOG"
    rm -f "$LOG.still"
    watch_over "$what" "$limit" "$hint" 9>&- &
    watcher=$!
    # In front, so that Ctrl-C reaches it.
    "$@" >"$LOG" 2>&1 </dev/null || status=$?
    # While it ends the command it is left to: what the command started may outlive it.
    [ -e "$LOG.still" ] || kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    if [ "$status" = 0 ]; then
        say "$what: done in $((SECONDS - began)) s"
        return
    fi
    tail -n 40 "$LOG" | without_passwords >&2
    if [ -e "$LOG.still" ]; then
        printf '✗ %s stood still: nothing came for %s s, so it was ended.\n' "$what" "$limit" >&2
    else
        printf '✗ %s failed; the whole output is in %s\n' "$what" "$LOG" >&2
    fi
    if [ -n "$hint" ]; then
        "$hint" >&2
        echo "  Then repeat the same command: what is there already stays." >&2
    fi
    exit 1
}

# watch_over WHAT LIMIT HINT: tells now and then how far the command in front has come, and ends it
# if for LIMIT seconds it writes nothing at all, neither words nor files. 0: no limit. Its last words
# are told of what fetches; a compiler's say nothing to anybody else.
watch_over() {
    local what="$1" limit="$2" hint="$3" began=$SECONDS moved=$SECONDS told=$SECONDS before="" now
    local words=""
    WATCHER=$BASHPID
    # Ctrl-C does not reach what runs behind: it ends with its shell.
    while sleep 1 >/dev/null 2>&1 && [ -e "/proc/$$" ]; do
        now="$(stat -c %s "$LOG") $(written)"
        [ "$now" = "$before" ] || moved=$SECONDS
        before="$now"
        if [ "$limit" -gt 0 ] && [ $((SECONDS - moved)) -ge "$limit" ]; then
            touch "$LOG.still"
            end_the_command
            return
        fi
        [ $((SECONDS - told)) -ge "$TELLING" ] || continue
        told=$SECONDS
        [ -z "$hint" ] || words=", $(tail -n 1 "$LOG" | without_passwords | plain | head -c 100)"
        say "$what: $((SECONDS - began)) s$words"
    done
}

# The processes of the command in front: all that the shell has started, except the watcher.
the_command() {
    local child
    for child in $(cat "/proc/$$/task/$$/children"); do
        [ "$child" = "$WATCHER" ] || with_descendants "$child"
    done
}

with_descendants() {
    local child
    echo "$1"
    for child in $(cat "/proc/$1/task"/*/children 2>/dev/null); do with_descendants "$child"; done
}

end_the_command() {
    local processes
    processes="$(the_command)"
    # shellcheck disable=SC2086  # one word per process
    kill $processes 2>/dev/null || true
    for _ in {1..20}; do
        # shellcheck disable=SC2086
        kill -0 $processes 2>/dev/null || return 0
        sleep 0.1 >/dev/null 2>&1
    done
    # shellcheck disable=SC2086
    kill -KILL $processes 2>/dev/null || true
}

# How much the command has written to files, roughly: its timers write a few bytes as well.
written() {
    local process sum=0 count
    for process in $(the_command); do
        count="$(sed -n 's/^wchar: //p' "/proc/$process/io" 2>/dev/null || true)"
        sum=$((sum + ${count:-0}))
    done
    echo $((sum / 16384))
}

without_passwords() { sed -E 's#://[^/@ ]*@#://#g'; }

# Nothing but printable ASCII: a line is cut by bytes, and a progress bar has longer letters.
plain() { LC_ALL=C tr -cd ' -~'; }
