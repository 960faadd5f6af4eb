#!/bin/sh
# Whether the database answers through the pooler.
set -eu
PGPASSWORD=$PASSWORD PGCONNECT_TIMEOUT=3 exec psql -qAt -h 127.0.0.1 -U "$DATABASE" -d "$DATABASE" -c 'SELECT 1' -o /dev/null
