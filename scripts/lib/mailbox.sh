# shellcheck shell=bash
# The demo's own mail server: mails are sent for real and end in a folder, never at a real address.

mailbox_folder() { printf '%s/mail\n' "$STATE"; }

# What only the demo needs is in a lock of its own: a catalogue in service has no mail server in it.
ensure_mailbox() {
  "$VENV_PYTHON" -c 'import aiosmtpd' 2>/dev/null && return
  run_logged "$STATE/logs/mailbox-packages.log" "Installing the demo's mail server" \
    "$VENV_UV" pip install --python "$VENV_PYTHON" --no-deps --require-hashes --requirement "$PROJECT/scripts/lib/mailbox.lock" ||
    fail "the demo's mail server could not be installed, see $STATE/logs/mailbox-packages.log."
}

start_mailbox() {
  process_runs mailbox && return
  demand_port "$PORT_MAIL" mailbox
  start_process mailbox "$VENV_PYTHON" "$PROJECT/scripts/lib/keep_mails.py" "$PORT_MAIL" "$(mailbox_folder)"
  wait_until 20 port_is_taken "$PORT_MAIL" || fail "the demo's mail server does not answer on port $PORT_MAIL, see $STATE/logs/mailbox.log."
}

stop_mailbox() { stop_process mailbox; }

show_mailbox() {
  if process_runs mailbox; then
    printf '%-14s up, port %s, mails in %s\n' mailbox "$PORT_MAIL" "$(mailbox_folder)/new"
  else
    printf '%-14s down\n' mailbox
  fi
}

# mail_settings NAME: only the institutional catalogue sends mail. In tests nobody answers on the port
# but a test that listens there.
mail_settings() {
  [[ $1 == institutional ]] || return 0
  printf 'smtp.server = 127.0.0.1:%s\nsmtp.starttls = false\nsmtp.mail_from = datos-abiertos@example.org\n' "$PORT_MAIL"
}
