#!/bin/bash
# Brings everything that a verb of the Makefile needs, and is quick when it is there already.
#
#   tools/setup.sh up|test|check|fuzz|lines|fresh  what `make up`, `make test`, … need
#   tools/setup.sh kernel                           compiles the kernel only; ZVONOK_KERNEL_DEBUG=1
#
# Every step leaves the hash of its inputs in build/stamps and is skipped while they match.
set -euo pipefail
cd "$(dirname "$0")/.."

LEVEL="${1:-up}"
# The Makefile puts the venv first; here the machine's own Python and Node.js are looked for.
PATH="${PATH//"$PWD/.venv/bin:"/}"
STAMPS=build/stamps
LOG=build/setup.log
DEBUG="${ZVONOK_KERNEL_DEBUG:-0}"

RUN_PACKAGES=(python3-venv python3-dev gcc libc6-dev libssl-dev redis-server nginx)
TEST_PACKAGES=(iproute2 fonts-noto-core fonts-noto-color-emoji fonts-dejavu-core ffmpeg postgresql)
BROWSER_PACKAGES=(chromium firefox-esr)
FUZZ_PACKAGES=(clang libclang-rt-dev)
FRESH_PACKAGES=(debootstrap util-linux)
LINES_PACKAGES=(espeak-ng)
# What calls are compared with; not every system has it, and the bench does without.
PEER_PACKAGES=(janus)
# A mirror that says nothing for so many seconds is given up.
APT_LIMITS=(-o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=1)

# shellcheck source=tools/steps.sh
. tools/steps.sh

# hash_of TEXT FILE-OR-FOLDER…: of the text and of all files; what does not exist counts too.
hash_of() {
    local text="$1"
    shift
    {
        echo "$text"
        { find "$@" -type f -print0 2>/dev/null || true; } | sort -z | xargs -0r sha256sum
    } | sha256sum | cut -d' ' -f1
}

# unchanged NAME HASH OUTPUT
unchanged() { [ -e "$3" ] && [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }

stamp() { echo "$2" >"$STAMPS/$1"; }

# ---- system packages -------------------------------------------------------------------------

wanted_packages() {
    case "$LEVEL" in
    up | test | check | fuzz | lines) printf '%s\n' "${RUN_PACKAGES[@]}" ;;
    esac
    case "$LEVEL" in
    test | lines)
        printf '%s\n' "${TEST_PACKAGES[@]}"
        # On Ubuntu both browsers are snaps, which a service installs: see docs/operations.md.
        if ! grep -q '^ID=ubuntu' /etc/os-release; then printf '%s\n' "${BROWSER_PACKAGES[@]}"; fi
        ;;
    fuzz) printf '%s\n' "${FUZZ_PACKAGES[@]}" ;;
    fresh) printf '%s\n' "${FRESH_PACKAGES[@]}" ;;
    esac
    if [ "$LEVEL" = lines ]; then
        printf '%s\n' "${LINES_PACKAGES[@]}"
        if apt-cache show "${PEER_PACKAGES[@]}" >/dev/null 2>&1; then
            printf '%s\n' "${PEER_PACKAGES[@]}"
        fi
    fi
}

missing_packages() {
    local package
    local installed
    installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null |
        sed -n 's/^ii *//p' | tr '\n' ' ') "
    for package in $(wanted_packages); do
        [[ "$installed" == *" $package "* ]] || echo "$package"
    done
}

install_packages() {
    local missing sudo=()
    if ! command -v dpkg-query >/dev/null; then
        say "No dpkg here: these must be there already: $(wanted_packages | tr '\n' ' ')"
        return
    fi
    missing="$(missing_packages | tr '\n' ' ')"
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null ||
            fail "Run this first: sudo apt-get install --no-install-recommends $missing"
        sudo=(sudo -n)
    fi
    fetch_system apt_hint "Refreshing the list of packages" \
        "${sudo[@]}" apt-get "${APT_LIMITS[@]}" update
    # shellcheck disable=SC2086  # one word per package
    fetch_system apt_hint "Installing $missing" \
        "${sudo[@]}" bash tools/install_quietly.sh "${APT_LIMITS[@]}" $missing
}

apt_hint() {
    echo "  It asks these archives (apt's configuration of this machine):"
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | without_passwords | sort -u |
        sed 's/^/    /'
    echo "  Behind a proxy: Acquire::http::Proxy in /etc/apt/apt.conf.d/."
}

# ---- Python ----------------------------------------------------------------------------------

find_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    fail "No Python 3.11 or newer was found."
}

make_venv() {
    local python version hash
    python="$(find_python)"
    version="$python $("$python" -VV)"
    hash="$(hash_of "$version" requirements.lock)"
    unchanged python "$hash" .venv/bin/python && return
    if [ "$(cat .venv/made-by 2>/dev/null)" != "$version" ]; then
        rm -rf .venv
        run "Making .venv" "$python" -m venv .venv
        echo "$version" >.venv/made-by
    fi
    install_with_pip "Installing Python packages (about a minute)" requirements.lock
    stamp python "$hash"
}

# install_with_pip WHAT LOCKFILE
install_with_pip() {
    fetch pip_hint "$1" .venv/bin/python -m pip install \
        --disable-pip-version-check --no-input --require-hashes -r "$2"
}

pip_hint() {
    echo "  It asks $(pip_index | without_passwords) (pip's configuration; pip config list)."
    echo "  Another index: pip config set global.index-url URL; a proxy: global.proxy."
    echo "  An authority that Python does not know: pip config set global.cert FILE."
}

# What wins in pip's own order.
pip_index() {
    local key
    for key in :env:.index-url install.index-url global.index-url; do
        .venv/bin/python -m pip config get "$key" 2>/dev/null && return
    done
    echo https://pypi.org/simple
}

install_recogniser() {
    local hash
    hash="$(hash_of "" tools/lines.lock)"
    unchanged recogniser "$hash" .venv/bin/python && return
    install_with_pip "Installing the recogniser of speech" tools/lines.lock
    stamp recogniser "$hash"
}

build_kernel() {
    local sources hash settings force=() module CYTHON_FORCE_REGEN=0
    sources="$(find sfu/kernel -name '*.pyx' -o -name '*.pxd' -o -name '*.h')"
    settings="$(hash_of "$DEBUG $(.venv/bin/python -VV)" setup.py requirements.lock)"
    # shellcheck disable=SC2086  # one word per file
    hash="$(hash_of "$settings" $sources)"
    unchanged kernel "$hash" "$(find sfu/kernel -name 'core.*.so' -print -quit)" && return
    # What changed in a source is found by its time; how it is compiled is not.
    unchanged kernel-settings "$settings" build/cython ||
        force=(--force) CYTHON_FORCE_REGEN=1
    rm -f "$STAMPS/kernel" "$STAMPS/kernel-settings"
    run "Compiling the kernel" \
        env ZVONOK_KERNEL_DEBUG="$DEBUG" CYTHON_FORCE_REGEN="$CYTHON_FORCE_REGEN" \
        .venv/bin/python setup.py build_ext --inplace --parallel 2 "${force[@]}"
    for module in sfu/kernel/*.so; do
        [ -e "${module%%.*}.pyx" ] || rm -f "$module"  # Its source is gone.
    done
    stamp kernel-settings "$settings"
    stamp kernel "$hash"
}

# ---- the client ------------------------------------------------------------------------------

node_is_new_enough() {
    # What Vite 8 wants.
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

find_node() {
    node_is_new_enough && command -v npm >/dev/null && return
    PATH="$PWD/.venv/bin:$PATH"
    node_is_new_enough && return
    install_with_pip "Installing Node.js into .venv (70 MB)" tools/node.lock
    hash -r
    node_is_new_enough || fail "Node.js 20.19 or newer could not be installed."
}

install_client() {
    local hash
    hash="$(hash_of "" web/package.json web/package-lock.json)"
    unchanged npm "$hash" web/node_modules && return
    # Each request is a line, by which progress is told; a refused one is repeated soon.
    fetch npm_hint "Installing the client's packages" npm --prefix web ci --no-audit --no-fund \
        --loglevel=http --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000
    stamp npm "$hash"
}

npm_hint() {
    local registry
    registry="$(npm --prefix web config get registry | without_passwords)"
    echo "  It asks $registry (npm config get registry)."
    echo "  Another registry: npm config set registry URL; a proxy: npm config set https-proxy URL."
    echo "  An authority that Node.js does not know: npm config set cafile FILE. What was said in"
    echo "  the environment (NODE_EXTRA_CA_CERTS, HTTPS_PROXY) does not count where that is emptied."
}

build_client() {
    local hash
    hash="$(hash_of "" web/package-lock.json web/index.html web/src web/public \
        web/vite.config.ts web/tsconfig.json)"
    unchanged client "$hash" web/dist/index.html && return
    run "Building the client" npm --prefix web run build
    # nginx serves these beside the originals (gzip_static).
    find web/dist -type f \( -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.svg' \
        -o -name '*.json' -o -name '*.webmanifest' \) -exec gzip -9nk {} +
    stamp client "$hash"
}

mkdir -p "$STAMPS"
exec 9>build/setup.lock
flock 9

case "$LEVEL" in
up | test | check | fuzz | lines) install_packages ;;
fresh)
    install_packages
    exit
    ;;
kernel) ;;
*) fail "usage: tools/setup.sh up|test|check|fuzz|lines|fresh|kernel" ;;
esac
make_venv
build_kernel
case "$LEVEL" in
up | test | lines)
    find_node
    install_client
    build_client
    ;;
check)
    find_node
    install_client
    ;;
esac
if [ "$LEVEL" = lines ]; then
    install_recogniser
fi
