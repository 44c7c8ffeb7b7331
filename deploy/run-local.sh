#!/usr/bin/env bash
# The whole deployment on loopback, without containers and without systemd: PostgreSQL with PostGIS, two servers of
# mssmap, and HAProxy before them with deploy/haproxy.cfg. Stop it with Ctrl+C.
#
#   deploy/run-local.sh FOLDER        keeps the database, the logs and the process ids in FOLDER
#
# Debian: apt-get install postgresql postgresql-15-postgis-3 haproxy. As root PostgreSQL runs as the user postgres.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:?usage: deploy/run-local.sh FOLDER}"
folder=$(cd "$1" && pwd)
python=${PYTHON:-$root/.venv/bin/python}
port=${PORT:-8500} one=${ONE_PORT:-8501} two=${TWO_PORT:-8502} database=${PG_PORT:-5433}
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1 || command -v initdb)")

umask 077
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# ----- the database: made once, with a password that nobody chose
if [ ! -d "$folder/pg/data" ]; then
  mkdir -p "$folder/pg"
  "$python" -c 'import secrets; print(secrets.token_urlsafe(32))' >"$folder/password"
  cp "$folder/password" "$folder/pg/password"
  if [ "$(id -u)" = 0 ]; then chmod 711 "$folder" && chown -R postgres "$folder/pg"; fi
  as_postgres "$bin/initdb" -D "$folder/pg/data" -A scram-sha-256 -U mssmap --pwfile "$folder/pg/password" -E UTF8 \
    >"$folder/initdb.log"
  rm "$folder/pg/password"
fi

children=()
stop() {
  trap - EXIT INT TERM
  [ ${#children[@]} = 0 ] || { kill -TERM "${children[@]}" 2>/dev/null || true; wait "${children[@]}" || true; }
  as_postgres "$bin/pg_ctl" -D "$folder/pg/data" -m fast -w stop >/dev/null || true
  exit "${1:-0}"
}
trap 'stop $?' EXIT
trap 'stop 0' INT TERM

as_postgres "$bin/pg_ctl" -D "$folder/pg/data" -l "$folder/pg/log" -w start >/dev/null \
  -o "-p $database -k $folder/pg -c listen_addresses=127.0.0.1"
password=$(cat "$folder/password")
export PGPASSWORD=$password
psql() { command "$bin/psql" -h 127.0.0.1 -p "$database" -U mssmap -d postgres -qtAX "$@"; }
[ "$(psql -c "SELECT count(*) FROM pg_database WHERE datname = 'mssmap'")" = 1 ] || psql -c 'CREATE DATABASE mssmap'
unset PGPASSWORD
echo "postgresql://mssmap:$password@127.0.0.1:$database/mssmap" >"$folder/database_url"
export MSSMAP_DATABASE_URL_FILE=$folder/database_url

# ----- two servers, which bring the tables up to date by themselves, one after the other
cd "$root"
for name in one two; do
  "$python" -m mssmap serve --host 127.0.0.1 --port "${!name}" >"$folder/$name.log" 2>&1 &
  children+=($!)
  echo $! >"$folder/$name.pid"
done

# ----- the proxy
MSSMAP_PROXY_BIND=127.0.0.1:$port MSSMAP_ONE=127.0.0.1:$one MSSMAP_TWO=127.0.0.1:$two \
  haproxy -db -f "$root/deploy/haproxy.cfg" >"$folder/proxy.log" 2>&1 &
children+=($!)
echo $! >"$folder/proxy.pid"

echo "mssmap: http://127.0.0.1:$port   (stop with Ctrl+C; logs in $folder)"
while kill -0 $! 2>/dev/null; do wait $! || true; done
echo "mssmap: the proxy has stopped, see $folder/proxy.log" >&2
exit 1
