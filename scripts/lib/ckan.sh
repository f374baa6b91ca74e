# shellcheck shell=bash
# The two catalogues: an institutional CKAN with the plugin, a federal one without it.

# shellcheck source=mailbox.sh
source "$PROJECT/scripts/lib/mailbox.sh"

# Settings in the environment would win over the files written here, for both catalogues at once.
unset "${!CKAN_@}"

catalogue_port() { if [[ $1 == federal ]]; then printf '%s\n' "$PORT_FEDERAL"; else printf '%s\n' "$PORT_INSTITUTIONAL"; fi; }
catalogue_url() { printf 'http://127.0.0.1:%s\n' "$(catalogue_port "$1")"; }

# write_catalogue_ini NAME [LINE…]: what is common comes from scripts/lib/ini, secrets are made once.
# A percent sign has a meaning in these files, hence its doubling.
write_catalogue_ini() {
  local name=$1 secret text
  shift
  secret_file "$STATE/secrets/$name-cookies"
  secret_file "$STATE/secrets/$name-tokens"
  secret=$(cat "$STATE/secrets/$name-tokens")
  mkdir -p "$STATE/storage/$name"
  text=$(
    cat <<INI
use = config:$PROJECT/scripts/lib/ini/$name.ini
SECRET_KEY = $(cat "$STATE/secrets/$name-cookies")
WTF_CSRF_SECRET_KEY = $(cat "$STATE/secrets/$name-cookies")
api_token.jwt.encode.secret = string:$secret
api_token.jwt.decode.secret = string:$secret
sqlalchemy.url = $(database_address "$name")
ckan.redis.url = $(redis_address "$name")
solr_url = $(solr_address "$name")
ckan.storage_path = $STATE/storage/$name
ckan.site_id = imss-$STATE_KIND-$name
ckan.site_url = $(catalogue_url "$name")
$(datastore_settings "$name")
$(mirror_settings "$name")
$(mail_settings "$name")
INI
  )
  {
    printf '[app:main]\n%s\n' "${text//%/%%}"
    if (($#)); then printf '%s\n' "$@"; fi
    cat "$PROJECT/scripts/lib/ini/logging.ini"
  } | write_private "$STATE/$name.ini"
}

# mirror_settings NAME: the institutional catalogue looks after the mirror.
mirror_settings() {
  [[ $1 == institutional ]] || return 0
  printf 'ckanext.imssbienestar.mirror_profile = %s\n' "$STATE/mirror.toml"
}

# datastore_settings NAME: nothing for a catalogue without one.
datastore_settings() {
  has_datastore "$1" || return 0
  printf 'ckan.datastore.write_url = %s\n' "$(datastore_address write "$1")"
  printf 'ckan.datastore.read_url = %s\n' "$(datastore_address read "$1")"
}

# Of newer versions of gunicorn: no second door into the server.
WEB_SERVER_OPTIONS=(--no-control-socket)

catalogue_answers() { "$VENV_PYTHON" "$PROJECT/scripts/lib/answers.py" "$(catalogue_url "$1")/api/3/action/status_show"; }

# prepare_catalogue NAME: tables of CKAN and of every plugin, the words of CKAN's scripts, a system
# administrator, its token.
prepare_catalogue() {
  local name=$1
  "$VENV/bin/ckan" -c "$STATE/$name.ini" db upgrade >>"$STATE/logs/$name-setup.log" 2>&1 </dev/null 9>&- || return 1
  if [[ -s $STATE/$name.token ]]; then
    # Of an earlier version: what the guard's rules of today have not seen is not mirrored. Exit code 1
    # says that a person must decide on some file, which keeps no catalogue from starting.
    if has_worker "$name"; then
      "$VENV/bin/ckan" -c "$STATE/$name.ini" imssbienestar personal-data scan >>"$STATE/logs/$name-setup.log" 2>&1 </dev/null 9>&- || (($? == 1)) || return 1
    fi
  else
    "$VENV/bin/ckan" -c "$STATE/$name.ini" translation js >>"$STATE/logs/$name-setup.log" 2>&1 </dev/null 9>&- || return 1
    secret_file "$STATE/secrets/$name-password"
    CKAN_INI=$STATE/$name.ini "$VENV_PYTHON" "$PROJECT/scripts/lib/administrator.py" \
      "$STATE/secrets/$name-password" "$STATE/$name.token" >>"$STATE/logs/$name-setup.log" 2>&1 </dev/null 9>&- || return 1
  fi
}

start_catalogue() {
  local name=$1
  CKAN_INI=$STATE/$name.ini start_process "$name" "$VENV/bin/gunicorn" \
    --name "imss-$STATE_KIND-$name" --chdir "$PROJECT/scripts/lib" --bind "127.0.0.1:$(catalogue_port "$name")" \
    --workers "${IMSS_WEB_WORKERS:-2}" --threads 4 --timeout 180 --graceful-timeout 10 --keep-alive 75 \
    "${WEB_SERVER_OPTIONS[@]}" wsgi:application
}

# start_worker NAME: what the catalogue leaves for later (loading published tables, large checks). It
# begins with the tables that an earlier queue, or an earlier version, left undone.
start_worker() {
  process_runs "$1-worker" && return
  # shellcheck disable=SC2016  # bash expands its own arguments there
  start_process "$1-worker" bash -c '"$1" -c "$2" imssbienestar datastore load --all; exec "$1" -c "$2" jobs worker' \
    worker "$VENV/bin/ckan" "$STATE/$1.ini"
}

# A worker that is asked once ends after its job, asked twice at once. What it was loading is undone by
# the database and taken up again.
stop_worker() {
  local pid
  if process_runs "$1-worker"; then
    read -r pid _ <"$STATE/run/$1-worker.pid"
    kill -TERM "$pid" 2>/dev/null || true
    if wait_until 5 process_is_gone "$pid"; then say "$1-worker stopped"; fi
  fi
  stop_process "$1-worker"
}

# start_catalogues NAME…: side by side, since most of the time is CKAN's own start.
start_catalogues() {
  local name down=()
  for name in "$@"; do
    process_runs "$name" && continue
    demand_port "$(catalogue_port "$name")" "$name"
    down+=("$name")
  done
  if ((${#down[@]})); then start_these_catalogues "${down[@]}"; fi
  for name in "$@"; do
    if has_worker "$name"; then start_worker "$name"; fi
  done
}

has_worker() { [[ $1 == institutional ]]; }

start_these_catalogues() {
  local name down=("$@") jobs=()
  say "Preparing the catalogues: ${down[*]} …"
  for name in "${down[@]}"; do
    prepare_catalogue "$name" &
    jobs+=("$!")
  done
  local index
  for index in "${!down[@]}"; do
    wait "${jobs[index]}" || {
      name=${down[index]}
      tail -n 1 "$STATE/logs/$name-setup.log" >&2
      fail "the $name catalogue could not be prepared, see $STATE/logs/$name-setup.log."
    }
  done
  for name in "${down[@]}"; do start_catalogue "$name"; done
  for name in "${down[@]}"; do
    wait_until 120 catalogue_answers "$name" || {
      tail -n 1 "$STATE/logs/$name.log" >&2
      fail "the $name catalogue does not answer at $(catalogue_url "$name"), see $STATE/logs/$name.log."
    }
    say "The $name catalogue answers at $(catalogue_url "$name")"
  done
}

stop_catalogues() {
  stop_worker institutional
  stop_process federal
  stop_process institutional
}

show_catalogues() {
  local name
  for name in institutional federal; do
    if ! process_runs "$name"; then
      printf '%-14s down\n' "$name"
    elif catalogue_answers "$name" 2>/dev/null; then
      printf '%-14s up, %s\n' "$name" "$(catalogue_url "$name")"
    else
      printf '%-14s started, but does not answer: down\n' "$name"
    fi
  done
  if process_runs institutional-worker; then name=up; else name=down; fi
  printf '%-14s %s\n' worker "$name"
}
