# Installs Debian packages without starting their services, now or at the next boot. Run as root: sh install.sh PACKAGE…
set -eu
policy=/usr/sbin/policy-rc.d
mark='# Written by cargo local while it installs packages.'
units='postgresql pgbouncer redis-server rabbitmq-server epmd'

# One that was left behind by a machine that went down is replaced; one of somebody else decides by itself.
if [ ! -e "$policy" ] || grep -qxF "$mark" "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
fi

has() { [ -e "/lib/systemd/system/$1" ] || [ -e "/usr/lib/systemd/system/$1" ]; }
added=
for unit in $units; do
    for kind in service socket; do
        has "$unit.$kind" || added="$added $unit.$kind"
    done
done

# Without a terminal of its own, whose settings an interruption would leave behind.
apt() { apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null; }
# It fails when any one source is unreachable, which the installation may not even need.
apt update || true
apt install -y --no-install-recommends "$@"

# These work where systemd does not run as well.
for unit in $added; do
    if has "$unit"; then
        deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
        update-rc.d "${unit%.*}" disable >/dev/null 2>&1 || true
    fi
done
