# shellcheck shell=bash
# PostgreSQL, Redis and Solr together: our own in the state folder, or existing ones.
#
# An existing service is named by an environment variable and is used in place of a local one:
#   IMSS_POSTGRES_URL  postgresql://role:password@host:port/postgres   (the role may create databases
#                      and roles: CREATEDB and CREATEROLE, or a superuser)
#   IMSS_REDIS_URL     redis://[:password@]host:port           (databases 0-4; tests empty 2 to 4)
#   IMSS_SOLR_URL      http://host:port/solr                           (with CKAN's schema in its cores)
#   IMSS_SOLR_CORE     one core for all catalogues; without it: institutional, federal, tests

# shellcheck source=ports.sh
source "$PROJECT/scripts/lib/ports.sh"
# shellcheck source=postgres.sh
source "$PROJECT/scripts/lib/postgres.sh"
# shellcheck source=redis.sh
source "$PROJECT/scripts/lib/redis.sh"
# shellcheck source=solr.sh
source "$PROJECT/scripts/lib/solr.sh"

CORES=(institutional federal tests)

demand_service_ports() {
  if [[ -z ${IMSS_POSTGRES_URL:-} ]] && ! postgres_runs; then demand_port "$PORT_POSTGRES" postgres; fi
  if [[ -z ${IMSS_REDIS_URL:-} ]]; then demand_port "$PORT_REDIS" redis; fi
  if [[ -z ${IMSS_SOLR_URL:-} ]]; then demand_port "$PORT_SOLR" solr; fi
}

start_services() {
  mkdir -p "$STATE/logs" "$STATE/run"
  if [[ -z ${IMSS_POSTGRES_URL:-} ]]; then start_postgres; else say "PostgreSQL: the one named by IMSS_POSTGRES_URL"; fi
  if [[ -z ${IMSS_REDIS_URL:-} ]]; then start_redis; else say "Redis: the one named by IMSS_REDIS_URL"; fi
  if [[ -z ${IMSS_SOLR_URL:-} ]]; then start_solr; else check_existing_solr; fi
}

check_existing_solr() {
  local core
  for core in "${CORES[@]}"; do
    "$VENV_PYTHON" "$PROJECT/scripts/lib/answers.py" "$(solr_address "$core")/admin/ping" ||
      fail "$(solr_address "$core") does not answer. Check IMSS_SOLR_URL, and make the core with CKAN's schema or name one with IMSS_SOLR_CORE."
  done
  say "Solr: the one named by IMSS_SOLR_URL"
}

stop_services() {
  stop_process solr
  stop_process redis
  stop_postgres
}

show_services() {
  local name
  if [[ -n ${IMSS_POSTGRES_URL:-} ]]; then name='named by IMSS_POSTGRES_URL'; elif postgres_runs; then name="up, port $PORT_POSTGRES"; else name=down; fi
  printf '%-14s %s\n' postgres "$name"
  if [[ -n ${IMSS_REDIS_URL:-} ]]; then name='named by IMSS_REDIS_URL'; elif process_runs redis; then name="up, port $PORT_REDIS"; else name=down; fi
  printf '%-14s %s\n' redis "$name"
  if [[ -n ${IMSS_SOLR_URL:-} ]]; then name='named by IMSS_SOLR_URL'; elif process_runs solr; then name="up, port $PORT_SOLR"; else name=down; fi
  printf '%-14s %s\n' solr "$name"
}

# The addresses below hold secrets: they go into files of mode 0600 or the environment, never into
# the arguments of a program.

database_name() { printf 'imss_%s_%s\n' "$STATE_KIND" "$1"; }

database_address() {
  if [[ -n ${IMSS_POSTGRES_URL:-} ]]; then
    printf '%s/%s\n' "${IMSS_POSTGRES_URL%/*}" "$(database_name "$1")"
  else
    printf 'postgresql://ckan:%s@127.0.0.1:%s/%s\n' "$(cat "$STATE/secrets/postgres-ckan")" "$PORT_POSTGRES" "$(database_name "$1")"
  fi
}

# The federal catalogue is a plain one; the others keep their published tables in a DataStore.
has_datastore() { [[ $1 != federal ]]; }

datastore_name() { printf '%s_datastore\n' "$(database_name "$1")"; }

# datastore_address write|read CATALOGUE: who writes owns the database, who reads can do nothing else.
datastore_address() {
  local name server
  name=$(datastore_name "$2")
  if [[ $1 == write ]]; then
    server=$(database_address "$2")
    printf '%s/%s\n' "${server%/*}" "$name"
    return
  fi
  server=127.0.0.1:$PORT_POSTGRES
  if [[ -n ${IMSS_POSTGRES_URL:-} ]]; then
    server=${IMSS_POSTGRES_URL#*://}
    server=${server##*@}
    server=${server%/*}
  fi
  printf 'postgresql://%s_reader:%s@%s/%s\n' "$name" "$(cat "$STATE/secrets/postgres-datastore")" "$server" "$name"
}

# redis_address CATALOGUE: the demo and the tests keep to their own numbered databases.
redis_address() {
  local number
  case $STATE_KIND-$1 in
    demo-institutional) number=0 ;;
    demo-federal) number=1 ;;
    *-institutional) number=2 ;;
    *-federal) number=3 ;;
    *) number=4 ;;
  esac
  if [[ -n ${IMSS_REDIS_URL:-} ]]; then
    printf '%s/%s\n' "${IMSS_REDIS_URL%/}" "$number"
  else
    printf 'redis://:%s@127.0.0.1:%s/%s\n' "$(cat "$STATE/secrets/redis")" "$PORT_REDIS" "$number"
  fi
}

solr_address() {
  if [[ -n ${IMSS_SOLR_URL:-} ]]; then
    printf '%s/%s\n' "${IMSS_SOLR_URL%/}" "${IMSS_SOLR_CORE:-$1}"
  else
    printf 'http://127.0.0.1:%s/solr/%s\n' "$PORT_SOLR" "$1"
  fi
}

# make_databases keep|renew CATALOGUE…: each with its DataStore, where it has one.
make_databases() {
  local mode=$1 names=() catalogue
  shift
  for catalogue in "$@"; do
    if has_datastore "$catalogue"; then
      names+=("$(database_name "$catalogue")+$(datastore_name "$catalogue")")
    else
      names+=("$(database_name "$catalogue")")
    fi
  done
  secret_file "$STATE/secrets/postgres-datastore"
  export IMSS_DATASTORE_PASSWORD
  IMSS_DATASTORE_PASSWORD=$(cat "$STATE/secrets/postgres-datastore")
  if [[ -n ${IMSS_POSTGRES_URL:-} ]]; then
    IMSS_DATABASE_ADMIN_URL=$IMSS_POSTGRES_URL "$VENV_PYTHON" "$PROJECT/scripts/lib/databases.py" "$mode" "${names[@]}" ||
      fail "the databases could not be made on the server named by IMSS_POSTGRES_URL. Its role must be allowed to create databases and roles (CREATEDB and CREATEROLE)."
  else
    IMSS_DATABASE_ADMIN_URL="postgresql://postgres:$(cat "$STATE/secrets/postgres-admin")@127.0.0.1:$PORT_POSTGRES/postgres" \
      IMSS_DATABASE_PASSWORD=$(cat "$STATE/secrets/postgres-ckan") \
      "$VENV_PYTHON" "$PROJECT/scripts/lib/databases.py" "$mode" "${names[@]}" ||
      fail "the databases could not be made, see $(postgres_home)/log."
  fi
  unset IMSS_DATASTORE_PASSWORD
}
