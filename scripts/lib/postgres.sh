# shellcheck shell=bash
# A private PostgreSQL cluster in the state folder, or the one named by IMSS_POSTGRES_URL.
#
# PostgreSQL refuses to run as root: there its own system user runs it, and when that user cannot
# reach the state folder the cluster lives under /var/lib/postgresql instead.

postgres_bin() {
  local wanted=${1:-}
  if [[ -n $wanted && -x /usr/lib/postgresql/$wanted/bin/initdb ]]; then
    printf '/usr/lib/postgresql/%s/bin\n' "$wanted"
  elif [[ -z $wanted ]] && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    dirname "$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)"
  elif [[ -z $wanted ]] && command -v initdb >/dev/null; then
    dirname "$(readlink -f "$(command -v initdb)")"
  else
    return 1
  fi
}

# as_postgres COMMAND…: as the user who may run a cluster, from a folder that user can stand in.
as_postgres() {
  if ((EUID == 0)); then
    (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
  else
    "$@"
  fi
}

postgres_home() {
  if [[ -s $STATE/postgres.path ]]; then cat "$STATE/postgres.path"; else printf '%s\n' "$STATE/postgres"; fi
}

prepare_postgres_home() {
  local home=$STATE/postgres
  [[ -s $STATE/postgres.path ]] && return
  mkdir -p "$home"
  if ((EUID == 0)); then
    id postgres >/dev/null 2>&1 || fail "there is no system user 'postgres'. Install the Debian package postgresql."
    chown postgres: "$home"
    if ! as_postgres test -w "$home"; then
      rmdir "$home"
      home=/var/lib/postgresql/ckanext-imssbienestar-$(printf '%s' "$STATE" | sha256sum | cut -c 1-12)
      say "the user postgres cannot reach $STATE: its cluster is kept in $home"
      mkdir -p "$home"
      chown postgres: "$home"
    fi
  fi
  chmod 700 "$home"
  printf '%s\n' "$home" >"$STATE/postgres.path"
}

create_cluster() {
  local home bin
  home=$(postgres_home)
  bin=$(postgres_bin) || fail "PostgreSQL is not installed (no initdb found). Install the Debian package postgresql."
  # A folder without the marker is what an interrupted run left: it is made again from nothing.
  if [[ -e $home/complete ]]; then return; fi
  rm -rf "$home/data"
  secret_file "$STATE/secrets/postgres-admin"
  secret_file "$STATE/secrets/postgres-ckan"
  install -m 600 "$STATE/secrets/postgres-admin" "$home/password"
  if ((EUID == 0)); then chown postgres: "$home/password"; fi
  run_logged "$STATE/logs/initdb.log" "Creating a PostgreSQL cluster" as_postgres "$bin/initdb" \
    --pgdata="$home/data" --username=postgres --pwfile="$home/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 || fail "PostgreSQL could not make its cluster in $home, see $STATE/logs/initdb.log."
  rm -f "$home/password"
  touch "$home/complete"
}

postgres_runs() {
  local home bin
  home=$(postgres_home)
  [[ -s $home/data/PG_VERSION ]] || return 1
  bin=$(postgres_bin "$(cat "$home/data/PG_VERSION")") || return 1
  as_postgres "$bin/pg_ctl" status --pgdata="$home/data" >/dev/null 2>&1
}

start_postgres() {
  local home bin version options
  prepare_postgres_home
  create_cluster
  home=$(postgres_home)
  postgres_runs && return
  demand_port "$PORT_POSTGRES" postgres
  version=$(cat "$home/data/PG_VERSION")
  bin=$(postgres_bin "$version") ||
    fail "the cluster in $home is of PostgreSQL $version, which is no longer installed. Install it or start afresh with --reset."
  # TCP on the loopback only: a socket's path in a deep folder can exceed what the system allows.
  options="-c port=$PORT_POSTGRES -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200"
  # Throw-away databases need no durability, and tests empty them hundreds of times.
  if [[ ${IMSS_THROW_AWAY:-} == yes ]]; then
    options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  fi
  as_postgres "$bin/pg_ctl" start --pgdata="$home/data" --log="$home/log" --wait --timeout=60 -o "$options" \
    >>"$STATE/logs/postgres.log" 2>&1 </dev/null 9>&- || {
    tail -n 10 "$home/log" >&2 || true
    fail "PostgreSQL did not start, see $home/log and $STATE/logs/postgres.log."
  }
  say "PostgreSQL $version runs on port $PORT_POSTGRES"
}

stop_postgres() {
  local home bin
  if ! postgres_runs; then return; fi
  home=$(postgres_home)
  bin=$(postgres_bin "$(cat "$home/data/PG_VERSION")")
  as_postgres "$bin/pg_ctl" stop --pgdata="$home/data" --mode=fast --wait --timeout=60 >>"$STATE/logs/postgres.log" 2>&1 || true
  say "postgres stopped"
}

# What the reset of a state folder must remove besides the folder itself.
remove_postgres_home() {
  local home
  [[ -s $STATE/postgres.path ]] || return 0
  home=$(cat "$STATE/postgres.path")
  case $home in
    "$STATE"/* | /var/lib/postgresql/ckanext-imssbienestar-*) rm -rf "$home" ;;
    *) fail "$STATE/postgres.path names a folder this program never makes: $home. Remove it by hand." ;;
  esac
}
