#!/bin/sh
# RabbitMQ with one account, loyalty.
set -eu
umask 077
cat > /data/rabbitmq.conf <<CONF
listeners.tcp.default = 5672
default_user = loyalty
default_pass = $PASSWORD
log.console = true
log.console.level = info
log.file = false
CONF
echo '[].' > /data/enabled_plugins
export RABBITMQ_NODENAME=rabbit@localhost
export RABBITMQ_MNESIA_BASE=/data/nodes RABBITMQ_LOG_BASE=/data/log RABBITMQ_PID_FILE=/tmp/rabbitmq.pid
export RABBITMQ_CONFIG_FILE=/data/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=/data/enabled_plugins
# Erlang makes a table of all the files that it may open, and Docker may allow a thousand million.
ulimit -S -n 65536 2> /dev/null || true
# The script becomes the broker in place of waiting for it, so that signals reach it.
export RUNNING_UNDER_SYSTEMD=true
# Debian's own script insists on its system account.
exec /usr/lib/rabbitmq/bin/rabbitmq-server
