# shellcheck shell=bash
# The virtual environment .venv and what is installed in it, by the locks and their hashes.

VENV=$PROJECT/.venv
VENV_PYTHON=$VENV/bin/python
VENV_UV=$VENV/bin/uv
UV_VERSION=0.13.9

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# The first Python of 3.11 or later: the one on PATH, the system's own, then any with its version in its name.
find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# A virtual environment that was cut short, or whose Python has gone, is made again.
ensure_venv_folder() {
  local python
  if [[ ! -x $VENV_PYTHON ]] || ! is_new_enough "$VENV_PYTHON"; then
    python=$(find_python) || fail "no Python 3.11 or later was found. Install one (Debian 12: python3) and run this again."
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear "$VENV" || fail "the virtual environment could not be made. Install the Debian package python3-venv."
  fi
  if [[ ! -x $VENV_UV ]]; then
    "$VENV_PYTHON" -m pip install --quiet --require-hashes --requirement "$PROJECT/scripts/lib/bootstrap.lock" ||
      fail "uv could not be installed from PyPI. Check the network and run this again."
  fi
}

fingerprint() { cat "$@" | sha256sum | cut -d ' ' -f 1; }

# ensure_packages run|dev: what the lock says, nothing else; nothing to do when it is there already.
# A machine that has the larger set keeps it.
ensure_packages() {
  local kind=$1 lock locked project
  if [[ -s $VENV/installed-dev ]]; then kind=dev; fi
  if [[ $kind == dev ]]; then lock=$PROJECT/requirements-dev.lock; else lock=$PROJECT/requirements.lock; fi
  locked=$(fingerprint "$lock")
  project=$(fingerprint "$PROJECT/setup.py" "$PROJECT"/ckanext-imssbienestar/survey/*)
  if [[ ! -x $VENV_PYTHON || $(cat "$VENV/installed-$kind" 2>/dev/null) != "$locked" ]]; then
    demand_space 1500 "$PROJECT"
    ensure_venv_folder
    rm -f "$VENV"/installed-*
    run_logged "$STATE/logs/packages.log" "Installing $(grep -c '==' "$lock") Python packages" \
      "$VENV_UV" pip sync --python "$VENV_PYTHON" --compile-bytecode --require-hashes "$lock" ||
      fail "the Python packages could not be installed. Check the network (PyPI) and run this again; details in $STATE/logs/packages.log."
    printf '%s\n' "$locked" >"$VENV/installed-$kind"
  fi
  # The entry points of the project itself are in setup.py; its survey is compiled on installing.
  if [[ $(cat "$VENV/installed-project" 2>/dev/null) != "$project" ]]; then
    run_logged "$STATE/logs/project.log" "Installing ckanext-imssbienestar itself" \
      "$VENV_UV" pip install --python "$VENV_PYTHON" --no-deps --no-build-isolation --editable "$PROJECT" ||
      fail "the project itself could not be installed, see $STATE/logs/project.log."
    printf '%s\n' "$project" >"$VENV/installed-project"
  fi
}
