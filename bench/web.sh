#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A web server under load: nginx, asked by wrk from outside.
#
#	web.sh [PREFIX...]	prints "kept N" and "closed N", in requests per
#				second: connections kept, and one for each
#
# PREFIX is what supervises nginx.  What it writes is below $BENCH_TMP.  Status
# 77 if one of the programs is not installed.

set -eu

place=${BENCH_TMP:?}/web
port=${BENCH_PORT:-18089}
PATH=$PATH:/usr/sbin
server=

for program in nginx wrk; do
	command -v "$program" >/dev/null && continue
	echo "$program is not installed (scripts/deps --bench)" >&2
	exit 77
done

stop() {
	if [ -s "$place/pid" ]; then
		kill -QUIT "$(cat "$place/pid")" 2>/dev/null || :
	fi
	[ -z "$server" ] || wait "$server" || :
}
trap stop EXIT

rm -rf "$place"
mkdir -p "$place/root"
echo "It works." >"$place/root/index.html"
user=
[ "$(id -u)" -ne 0 ] || user="user root;"
cat >"$place/conf" <<END
daemon off;
worker_processes 1;
pid $place/pid;
error_log $place/error crit;
$user
events { worker_connections 512; }
http {
	access_log off;
	keepalive_requests 1000000;
	client_body_temp_path $place/body;
	proxy_temp_path $place/proxy;
	fastcgi_temp_path $place/fastcgi;
	uwsgi_temp_path $place/uwsgi;
	scgi_temp_path $place/scgi;
	server {
		listen 127.0.0.1:$port;
		root $place/root;
	}
}
END
"$@" nginx -e "$place/error" -c "$place/conf" >&2 &
server=$!

# NAME ARGUMENT...: a second of it
load() {
	name=$1
	shift
	wrk -t1 -c16 -d1s "$@" "http://127.0.0.1:$port/" >"$place/$name"
	sed -n "s/^Requests\/sec: *\([0-9.]*\)$/$name \1/p" "$place/$name"
}

# It writes its number when it listens.
tries=0
while [ ! -s "$place/pid" ]; do
	tries=$((tries + 1))
	if [ "$tries" -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
		cat "$place/error" >&2
		exit 1
	fi
	sleep 0.02
done
load kept
load closed -H "Connection: close"
