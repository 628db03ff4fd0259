#!/bin/sh
# A throw-away PostgreSQL for tests, on a free port of the loopback.
#
#   eval "$(testdata/postgres.sh start)"   exports VIDIVERSE_TEST_POSTGRES
#   testdata/postgres.sh stop              stops the one that variable names
#
# Without PostgreSQL's programs start prints nothing and tests run on SQLite.
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || echo /nonexistent/initdb)")

# initdb refuses root: then everything runs as the user the package made.
as() {
	if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi
}

# Prints a port that nobody listens on: the kernel's own table says so.
free_port() {
	port=$((20000 + $$ % 20000))
	while grep -qi ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
		port=$((port + 1))
	done
	echo "$port"
}

start() {
	if ! [ -x "$bin/initdb" ]; then
		echo "postgres.sh: no PostgreSQL here, tests use SQLite alone" >&2
		return
	fi
	dir=$(mktemp -d "${TMPDIR:-/tmp}/vidiverse-postgres.XXXXXX")
	[ "$(id -u)" != 0 ] || chown postgres "$dir"
	cd "$dir"
	as "$bin/initdb" -D "$dir/data" -U test --auth=trust --encoding=UTF8 --locale=C -N >"$dir/initdb.log"
	port=$(free_port)
	as "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -s start \
		-o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400" >&2
	echo "VIDIVERSE_TEST_POSTGRES_DIR=$dir"
	echo "VIDIVERSE_TEST_POSTGRES=postgres://test@127.0.0.1:$port/postgres?sslmode=disable"
	echo "export VIDIVERSE_TEST_POSTGRES VIDIVERSE_TEST_POSTGRES_DIR"
}

stop() {
	dir=${VIDIVERSE_TEST_POSTGRES_DIR:-}
	[ -n "$dir" ] && [ -f "$dir/data/postmaster.pid" ] || return 0
	kill -INT "$(head -n 1 "$dir/data/postmaster.pid")"
	while [ -f "$dir/data/postmaster.pid" ]; do sleep 0.1; done
	rm -rf "$dir"
}

case ${1:-} in
start) start ;;
stop) stop ;;
*) echo "usage: postgres.sh start|stop" >&2; exit 2 ;;
esac
