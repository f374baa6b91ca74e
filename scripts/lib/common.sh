# shellcheck shell=bash
# Words on the screen, background processes, ports, locks: what every other part of scripts/lib uses.
#
# Callers set STATE (absolute path of the state folder) before they start services.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PROJECT
# What Debian keeps for administrators (runuser, ldconfig …) is not on every user's PATH.
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# What a log should show must not wait in a buffer.
export PYTHONUNBUFFERED=1

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# Could not run: a sentence that names the next step, exit code 2.
fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 2
}

# run_logged LOG WHAT COMMAND…: runs a long step with its output in LOG and a sign of life every
# ten seconds; on failure shows the end of the log and gives the command's exit code back.
run_logged() {
  local log=$1 what=$2 started=$SECONDS pid code=0 waited=0
  shift 2
  mkdir -p "$(dirname "$log")"
  say "$what …"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if ((waited % 50 == 0)); then say "  still at it: $what ($((SECONDS - started)) s)"; fi
  done
  wait "$pid" || code=$?
  if ((code != 0)); then
    printf -- '--- the end of %s\n' "$log" >&2
    tail -n 25 "$log" >&2
    printf -- '---\n' >&2
  fi
  return "$code"
}

# wait_until SECONDS COMMAND…: polls until the command succeeds; fails when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A process number alone may since belong to someone else: the file keeps the time of its start too.
process_start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

process_runs() {
  local pid started
  read -r pid started 2>/dev/null <"$STATE/run/$1.pid" || return 1
  [[ -n $started && $(process_start_time "$pid") == "$started" ]]
}

# start_process NAME COMMAND…: in the background, out of the terminal's reach, log in logs/NAME.log.
start_process() {
  local name=$1 pid
  shift
  mkdir -p "$STATE/run" "$STATE/logs"
  setsid nohup "$@" >>"$STATE/logs/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  printf '%s %s\n' "$pid" "$(process_start_time "$pid")" >"$STATE/run/$name.pid"
}

# stop_process NAME [SECONDS]: asks, waits, and only then insists.
stop_process() {
  local name=$1 patience=${2:-20} pid
  if process_runs "$name"; then
    read -r pid _ <"$STATE/run/$name.pid"
    kill -TERM "$pid" 2>/dev/null || true
    wait_until "$patience" process_is_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    say "$name stopped"
  fi
  rm -f "$STATE/run/$name.pid"
}

process_is_gone() { ! kill -0 "$1" 2>/dev/null; }

# demand_port PORT NAME: nobody but our own NAME may hold the port.
demand_port() {
  if ! process_runs "$2" && port_is_taken "$1"; then
    fail "port $1, wanted for $2, is taken by another program. Stop that program or choose other ports with --port-base N."
  fi
}

# demand_space MEGABYTES FOLDER
demand_space() {
  local free
  free=$(df -Pm "$2" | awk 'NR == 2 {print $4}')
  if ((free < $1)); then
    fail "only $free MB are free on the disk of $2 and about $1 MB are needed. Free some space and run this again."
  fi
}

# One program at a time in a state folder; the lock goes when the program ends, however it ends:
# services that outlive it are started without descriptor 9.
lock_state() {
  mkdir -p "$STATE"
  exec 9>"$STATE/lock"
  flock -n 9 || fail "another run is at work in $STATE. Wait until it ends and run this again."
}

# secret_file FILE: makes FILE with a random secret, readable by its owner only, unless it exists.
secret_file() {
  [[ -s $1 ]] && return
  (
    umask 077
    mkdir -p "$(dirname "$1")"
    head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c 40 >"$1.new"
    mv "$1.new" "$1"
  )
}

# write_private FILE: standard input becomes FILE, whole or not at all, mode 0600.
write_private() {
  (
    umask 077
    cat >"$1.new"
    mv "$1.new" "$1"
  )
}
