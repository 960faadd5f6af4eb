#!/bin/sh
# Postgres with the database $DATABASE, owned by the role of the same name. Makes it at the first start.
set -eu
bin=$(echo /usr/lib/postgresql/*/bin)
data=/data/postgres

if [ ! -d "$data" ]; then
    rm -rf /data/new
    printf %s "$SUPERUSER_PASSWORD" > /tmp/password
    "$bin/initdb" -D /data/new -U postgres --pwfile=/tmp/password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-instructions
    rm /tmp/password
    echo 'host all all all scram-sha-256' >> /data/new/pg_hba.conf
    printf '%s\n' "CREATE ROLE $DATABASE LOGIN PASSWORD '$PASSWORD'" "CREATE DATABASE $DATABASE OWNER $DATABASE" \
        | "$bin/postgres" --single -D /data/new postgres > /dev/null
    # A folder of that name is a whole one.
    mv /data/new "$data"
fi

# Without DETAIL, the log of errors quotes no promo code and no address.
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c log_error_verbosity=terse \
    -c max_connections=200 -c timezone=UTC -c log_timezone=UTC
