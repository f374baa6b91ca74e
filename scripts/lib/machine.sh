# shellcheck shell=bash
# What the machine itself must have: Debian packages, asked for only when they are missing.

# missing_packages [git] [services] [browser]: the Debian packages whose programs or files this machine
# lacks, for Python always and for the parts that are named.
missing_packages() {
  local python
  if python=$(find_python); then
    # An environment that is complete needs neither the compiler nor the headers any more.
    if [[ ! -x $VENV_PYTHON ]]; then
      "$python" -c 'import ensurepip, venv' 2>/dev/null || printf 'python3-venv\n'
      "$python" -c 'import os, sysconfig; open(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null ||
        printf 'python3-dev\n'
      command -v gcc >/dev/null || printf 'gcc\nlibc6-dev\n'
      command -v pg_config >/dev/null && [[ -e $(pg_config --includedir)/libpq-fe.h ]] || printf 'libpq-dev\n'
    fi
  elif apt-cache show python3.11 >/dev/null 2>&1; then
    # The system's own Python is older, and this one is offered beside it.
    printf '%s\n' python3.11 python3.11-venv python3.11-dev gcc libc6-dev libpq-dev
  else
    printf '%s\n' python3 python3-venv python3-dev gcc libc6-dev libpq-dev
  fi
  ldconfig -p | grep -q 'libmagic\.so\.1' || printf 'libmagic1\n'
  if [[ " $* " == *" git "* ]]; then command -v git >/dev/null || printf 'git\n'; fi
  if [[ " $* " == *" services "* ]]; then missing_service_packages; fi
  if [[ " $* " == *" browser "* ]]; then missing_browser_packages; fi
}

missing_service_packages() {
  command -v setpriv >/dev/null || printf 'util-linux\n'
  if [[ -z ${IMSS_POSTGRES_URL:-} ]]; then postgres_bin >/dev/null || printf 'postgresql\n'; fi
  if [[ -z ${IMSS_REDIS_URL:-} ]]; then command -v redis-server >/dev/null || printf 'redis-server\n'; fi
  if [[ -z ${IMSS_SOLR_URL:-} ]]; then
    command -v javac >/dev/null || printf 'default-jdk-headless\n'
    [[ -d $(solr_jars) ]] || command -v mvn >/dev/null || printf 'maven\n'
  fi
}

missing_browser_packages() {
  if [[ -z ${IMSS_CHROMIUM:-} ]] && ! find_chromium >/dev/null; then printf 'chromium\n'; fi
  command -v fc-list >/dev/null && [[ -n $(fc-list) ]] || printf 'fontconfig\nfonts-dejavu-core\n'
}

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

# ensure_machine [git] [services] [browser]
ensure_machine() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    fail "these Debian packages, or what they hold, are missing and there is no apt-get here: ${missing[*]}. Install them by this system's own means."
  demand_space 2500 /usr
  say "Missing on this machine: ${missing[*]}"
  become_root true ||
    fail "installing Debian packages takes root, or sudo: from a terminal, if it asks for a password. Or have an administrator run this, then try again: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  run_logged "$STATE/logs/apt-update.log" "Asking Debian for its package lists" apt_get update ||
    fail "the package lists could not be fetched. Check the network and run this again; details in $STATE/logs/apt-update.log."
  run_logged "$STATE/logs/apt-install.log" "Installing Debian packages" apt_get install --yes --no-install-recommends "${missing[@]}" ||
    explain_failed_installation
  hash -r
}

# A list that could not be fetched is only a warning to apt-get update, since the others may do: what
# is missing comes out here.
explain_failed_installation() {
  if grep -q 'Failed to fetch' "$STATE/logs/apt-update.log" "$STATE/logs/apt-install.log"; then
    fail "not everything could be fetched from Debian. Check the network and the addresses in /etc/apt/sources.list* and run this again; details in $STATE/logs/apt-update.log and apt-install.log."
  fi
  fail "the Debian packages could not be installed, see $STATE/logs/apt-install.log. Mend what it names (often: 'dpkg --configure -a') and run this again."
}

# A password is asked for on a terminal only: in a pipe sudo must work without one.
become_root() {
  if ((EUID == 0)); then
    "$@"
  elif ! command -v sudo >/dev/null; then
    return 1
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# RUNLEVEL=1 keeps the packages' own servers from being started: ours run on ports of their own.
apt_get() {
  become_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@"
}
