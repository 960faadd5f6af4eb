#!/bin/sh
# with-keys.sh SERVICE COMMAND…: runs the command with the environment that `local compose keys` made for the service. What
# the container's own environment sets, and does not leave empty, wins.
set -eu
own=$(export -p | grep -v "=''\$" || true)
. "${KEYS_FOLDER:-/keys}/$1.env"
eval "$own"
shift
exec "$@"
