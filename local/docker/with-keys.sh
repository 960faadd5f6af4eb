#!/bin/sh
# with-keys.sh SERVICE COMMAND…: runs the command with the environment that `local compose keys` made for the service.
set -eu
. "/keys/$1.env"
shift
exec "$@"
