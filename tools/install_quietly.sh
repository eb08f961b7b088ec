#!/bin/bash
# Installs Debian packages as root and leaves no service running or enabled by it.
set -euo pipefail

POLICY=/usr/sbin/policy-rc.d
SERVICES=(redis-server nginx postgresql)

enabled_services() {
    local service
    for service in "${SERVICES[@]}"; do
        systemctl is-enabled --quiet "$service" 2>/dev/null && echo "$service"
    done
    true
}

before="$(enabled_services)"
if ! [ -e "$POLICY" ]; then
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"

# What was enabled before belongs to the machine; what this made enabled would start at boot.
for service in $(enabled_services); do
    grep -qx "$service" <<<"$before" || systemctl disable --quiet "$service"
done
