#!/bin/sh
# PgBouncer in transaction mode in front of the database $DATABASE on the host postgres-$DATABASE.
set -eu
umask 077
# The plain password: PgBouncer needs it to sign in to Postgres by SCRAM.
echo "\"$DATABASE\" \"$PASSWORD\"" > /tmp/userlist.txt
cat > /tmp/pgbouncer.ini <<INI
[databases]
$DATABASE = host=postgres-$DATABASE port=5432 dbname=$DATABASE

[pgbouncer]
listen_addr = *
listen_port = 5432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = /tmp/userlist.txt
pool_mode = transaction
max_client_conn = 2000
default_pool_size = 20
server_login_retry = 1
ignore_startup_parameters = extra_float_digits,options
log_connections = 0
log_disconnections = 0
INI
exec pgbouncer /tmp/pgbouncer.ini
