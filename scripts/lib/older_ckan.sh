# shellcheck shell=bash
# A federal catalogue of an older CKAN, in a virtual environment of its own in the state folder.

# choose_older_ckan VERSION: its last release, the Python it runs on, what builds the packages that it
# asks for, and its plugins: activities were a part of CKAN itself in 2.9.
choose_older_ckan() {
  case $1 in
    2.9) RELEASE=2.9.11 PYTHON_VERSION=3.9 BUILT_WITH=setuptools==44.1.0 PLUGINS= ;;
    2.10) RELEASE=2.10.11 PYTHON_VERSION=3.10 BUILT_WITH='setuptools<82' PLUGINS=activity ;;
    2.11) RELEASE=2.11.6 PYTHON_VERSION=3.11 BUILT_WITH='setuptools<82' PLUGINS=activity ;;
    *) fail "--version must be 2.9, 2.10 or 2.11." ;;
  esac
}

# On PATH, or made by pyenv, whose commands on PATH may only say that they are not that version.
find_older_python() {
  local candidate
  for candidate in "python$PYTHON_VERSION" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$PYTHON_VERSION".*/bin/python; do
    if "$candidate" -c '' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  return 1
}

# gunicorn 23 is the last one for Python 3.9, and old packages want the pkg_resources of an old setuptools.
install_older_ckan() {
  local python=$1
  [[ $(cat "$STATE/venv/installed" 2>/dev/null) == "$RELEASE" ]] && return
  demand_space 1500 "$STATE"
  if [[ -z $python ]]; then
    python=$(find_older_python) ||
      fail "CKAN $RELEASE runs on Python $PYTHON_VERSION, which was not found. Name one with --python."
  fi
  "$VENV_UV" venv --quiet --clear --python "$python" "$STATE/venv"
  printf '%s\n' "$BUILT_WITH" >"$STATE/built-with.txt"
  run_logged "$STATE/logs/packages.log" "Installing CKAN $RELEASE" \
    "$VENV_UV" pip install --python "$STATE/venv/bin/python" --build-constraint "$STATE/built-with.txt" \
    "ckan[requirements]==$RELEASE" gunicorn==23.0.0 'setuptools<58' ||
    fail "CKAN $RELEASE could not be installed. Check the network (PyPI) and run this again; details in $STATE/logs/packages.log."
  printf '%s\n' "$RELEASE" >"$STATE/venv/installed"
}

# From here on "ckan", its Python and its web server are the older ones.
use_older_ckan() {
  VENV=$STATE/venv
  VENV_PYTHON=$VENV/bin/python
  WEB_SERVER_OPTIONS=()
}

# What older versions want besides: sessions by Beaker up to 2.10, sign-in by repoze.who in 2.9.
write_older_ini() {
  local settings
  settings=$(echo "$VENV"/lib/python*/site-packages/ckan/config)
  secret_file "$STATE/secrets/federal-cookies"
  write_catalogue_ini federal \
    "ckan.plugins = $PLUGINS" \
    "beaker.session.key = ckan_federal" \
    "beaker.session.secret = $(cat "$STATE/secrets/federal-cookies")" \
    "cache_dir = $STATE/cache" \
    "who.config_file = $settings/who.ini"
}

start_older_ckan() {
  local project_python=$VENV_PYTHON
  demand_service_ports
  demand_port "$PORT_FEDERAL" federal
  remember_port_base
  ensure_machine services
  ensure_packages run
  install_older_ckan "$1"
  use_older_ckan
  start_services
  VENV_PYTHON=$project_python make_databases keep federal
  write_older_ini
  start_catalogues federal
}
