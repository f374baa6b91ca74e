# shellcheck shell=bash
# What scripts/test runs: the checks of the code, then the suites, each with what it needs.

# All three speak before the run ends, so that one visit is enough to mend them.
run_lint() {
  local bad=
  say "ruff, mypy and import-linter …"
  "$VENV/bin/ruff" check --quiet || bad=yes
  "$VENV/bin/ruff" format --check --quiet || { printf 'These files are not formatted: run .venv/bin/ruff format\n' && bad=yes; }
  "$VENV/bin/mypy" --no-error-summary || bad=yes
  "$VENV/bin/lint-imports" --no-logo >"$STATE/logs/imports.log" 2>&1 || { cat "$STATE/logs/imports.log" && bad=yes; }
  if [[ -n $bad ]]; then
    say "the checks of the code found what is shown above: no test was run"
    exit 1
  fi
}

forget_requirements() {
  export IMSS_REQUIREMENTS_FOLDER=$STATE/requirements
  rm -rf "$IMSS_REQUIREMENTS_FOLDER"
}

# run_unserved_tests SUITE [PYTEST-OPTION…]: a suite that needs no server.
run_unserved_tests() {
  say "Tests without services: $1 …"
  "$VENV_PYTHON" -m pytest -p no:ckan -p no:ckan_fixtures -n "$(nproc)" --dist worksteal \
    "tests/$1" "${@:2}" </dev/null
}

run_served_tests() {
  say "Tests with services: $* …"
  IMSS_CHROMIUM=${IMSS_CHROMIUM:-$(find_chromium || true)} \
    "$VENV_PYTHON" -m pytest --ckan-ini "$STATE/tests.ini" "$@" </dev/null
}

# start_for SUITE…: fresh databases for each run; the two catalogues only for those who talk to them.
start_for() {
  STARTED=()
  if ! process_runs solr; then STARTED+=(services); fi
  if ! process_runs institutional; then STARTED+=(catalogues); fi
  demand_service_ports
  remember_port_base
  start_services
  if [[ " $* " == *" ckan "* || " $* " == *" browser "* || " $* " == *" mirror "* ]]; then
    make_databases renew tests
    forget_catalogue tests
    write_tests_ini
  fi
  if [[ " $* " == *" mirror "* || " $* " == *" browser "* ]]; then start_fresh_catalogues; fi
}

start_fresh_catalogues() {
  local name
  stop_catalogues
  make_databases renew institutional federal
  for name in institutional federal; do
    forget_catalogue "$name"
    write_catalogue_ini "$name"
  done
  rm -f "$STATE"/mirror.ledger.sqlite*
  write_mirror_profile
  start_catalogues institutional federal
  IMSS_TEST_INSTITUTIONAL_URL=$(catalogue_url institutional)
  IMSS_TEST_FEDERAL_URL=$(catalogue_url federal)
  export IMSS_TEST_INSTITUTIONAL_URL IMSS_TEST_FEDERAL_URL
  export IMSS_TEST_INSTITUTIONAL_INI=$STATE/institutional.ini
  export IMSS_TEST_MAIL_PORT=$PORT_MAIL
  export IMSS_TEST_INSTITUTIONAL_TOKEN_FILE=$STATE/institutional.token
  export IMSS_TEST_INSTITUTIONAL_PASSWORD_FILE=$STATE/secrets/institutional-password
  export IMSS_TEST_FEDERAL_INI=$STATE/federal.ini
  export IMSS_TEST_FEDERAL_TOKEN_FILE=$STATE/federal.token
  export IMSS_TEST_FEDERAL_PASSWORD_FILE=$STATE/secrets/federal-password
}

# forget_catalogue NAME: index, queue, files and token of a catalogue whose database is new.
forget_catalogue() {
  local site=imss-$STATE_KIND-$1
  rm -rf "${STATE:?}/storage/$1" "$STATE/$1.token"
  IMSS_SOLR_ADDRESS=$(solr_address "$1") IMSS_REDIS_ADDRESS=$(redis_address "$1") \
    "$VENV_PYTHON" "$PROJECT/scripts/lib/forget.py" "$site" || fail "Solr or Redis could not be emptied for $site."
}

# What was up before the run stays up; so does all of it with --keep.
stop_what_was_started() {
  local part
  if [[ -n ${keep:-} ]]; then
    show_services >&2
    return
  fi
  {
    for part in "${STARTED[@]}"; do
      case $part in
        catalogues) stop_catalogues ;;
        services) stop_catalogues && stop_services ;;
      esac
    done
  } >"$STATE/logs/stop.log" 2>&1
}
