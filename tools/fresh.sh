#!/bin/bash
# Runs `make up` and `make test` inside a bare Debian, because a developer's machine hides what a
# fresh one lacks. Needs root. Leaves nothing behind: all mounts live in a namespace of their own.
#
#   tools/fresh.sh [SUITE [TARGET…]]      bookworm; targets up and test
set -euo pipefail
cd "$(dirname "$0")/.."

SUITE="${1:-bookworm}"
shift || true
TARGETS="${*:-up test}"

[ "$(id -u)" = 0 ] || {
    echo "make fresh needs root: debootstrap and chroot do." >&2
    exit 1
}
tools/setup.sh fresh

ROOT="$(mktemp -d "${TMPDIR:-/var/tmp}/zvonok-fresh.XXXXXX")"
# Ordinary users have to see it as their root.
chmod 755 "$ROOT"
trap 'rm -rf --one-file-system "$ROOT"' EXIT

# Where this machine gets Debian from: "URI suite component" lines.
apt_sources() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
        'Created-By: Packages' | awk '$4 ~ /^Debian/ {print $1, $2, $3}' | sort -u
}

own_suite="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
mirror="$(apt_sources | awk -v suite="$own_suite" '$2 == suite {print $1; exit}')"
[ -n "$mirror" ] || {
    echo "make fresh: no Debian mirror in this machine's apt configuration." >&2
    exit 1
}

echo "▸ A bare $SUITE in $ROOT …" >&2
debootstrap --variant=minbase --include=ca-certificates,make "$SUITE" "$ROOT" "$mirror" \
    >"$ROOT.log" 2>&1 || {
    tail -n 20 "$ROOT.log" >&2
    exit 1
}
rm -f "$ROOT.log"

if [ "$SUITE" = "$own_suite" ]; then
    # Security updates come from an archive of their own.
    apt_sources | sed 's/^/deb /' >"$ROOT/etc/apt/sources.list"
fi
apt-config dump | grep -iE '^Acquire::https?::(Proxy|CaInfo)' \
    >"$ROOT/etc/apt/apt.conf.d/99host" || true
cp /etc/resolv.conf /etc/hosts "$ROOT/etc/"
git clone --quiet . "$ROOT/root/zvonok"

# The network is shared with this machine, where another Zvonok may run.
ports=($(python3 -c '
import socket
sockets = [socket.create_server(("0.0.0.0", 0)) for _ in range(3)]
print(*(s.getsockname()[1] for s in sockets))'))

# How this machine reaches its registries. Folders of packages on its own disk do not count.
environment=(
    HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}"
    ZVONOK_HTTP_PORT="${ports[0]}" ZVONOK_HTTPS_PORT="${ports[1]}" ZVONOK_MEDIA_PORT="${ports[2]}"
)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY \
    PIP_INDEX_URL PIP_DEFAULT_TIMEOUT npm_config_registry; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done
certificates="$(python3 -m pip config get global.cert 2>/dev/null || true)"
if [ -f "${PIP_CERT:-$certificates}" ]; then
    cp "${PIP_CERT:-$certificates}" "$ROOT/etc/host-authorities.crt"
    environment+=(PIP_CERT=/etc/host-authorities.crt npm_config_cafile=/etc/host-authorities.crt)
fi
if index="$(python3 -m pip config get global.index-url 2>/dev/null)"; then
    environment+=("PIP_INDEX_URL=$index")
fi
if [ -z "${npm_config_registry:-}" ] && command -v npm >/dev/null; then
    environment+=("npm_config_registry=$(npm config get registry 2>/dev/null)")
fi

# With the namespace end the mounts in it and every process that is left.
unshare --mount --pid --fork --kill-child bash -euc '
    root="$1"
    shift
    mount --make-rprivate /
    # `ip -n` wants the root to be a mount.
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs -o mode=755 dev "$root/dev"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs shm "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    exec chroot "$root" env -i "$@"
' fresh "$ROOT" "${environment[@]}" bash /root/zvonok/tools/fresh_inside.sh $TARGETS
