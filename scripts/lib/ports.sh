# shellcheck shell=bash
# Which port each service listens on. One number decides all of them; a state folder remembers it.

# set_ports BASE
set_ports() {
  if [[ ! $1 =~ ^[0-9]{4,5}$ ]] || (($1 < 1024 || $1 > 65000)); then
    fail "--port-base must be a number between 1024 and 65000, not '$1'."
  fi
  PORT_BASE=$1
  PORT_INSTITUTIONAL=$PORT_BASE
  PORT_FEDERAL=$((PORT_BASE + 50))
  PORT_POSTGRES=$((PORT_BASE + 51))
  PORT_REDIS=$((PORT_BASE + 52))
  PORT_SOLR=$((PORT_BASE + 53))
  PORT_MAIL=$((PORT_BASE + 54))
}

remembered_port_base() { [[ -s $STATE/port-base ]] && cat "$STATE/port-base"; }

remember_port_base() { printf '%s\n' "$PORT_BASE" >"$STATE/port-base"; }

# first_free_port_base BASE…: the first candidate none of whose ports is taken.
first_free_port_base() {
  local base offset free
  for base in "$@"; do
    free=yes
    for offset in 0 50 51 52 53 54; do
      if port_is_taken $((base + offset)); then free=no; fi
    done
    if [[ $free == yes ]]; then
      printf '%s\n' "$base"
      return
    fi
  done
  fail "none of the port ranges starting at $* is free. Choose one with --port-base N."
}
