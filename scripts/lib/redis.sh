# shellcheck shell=bash
# A private Redis in the state folder, or the one named by IMSS_REDIS_URL.

start_redis() {
  process_runs redis && return
  demand_port "$PORT_REDIS" redis
  command -v redis-server >/dev/null || fail "redis-server is not installed. Install the Debian package redis-server."
  mkdir -p "$STATE/redis"
  # CKAN's queue holds pickled jobs: whoever may write to it may run code, hence the password.
  secret_file "$STATE/secrets/redis"
  {
    printf 'bind 127.0.0.1\nport %s\ndir "%s"\n' "$PORT_REDIS" "$STATE/redis"
    printf 'requirepass %s\n' "$(cat "$STATE/secrets/redis")"
    if [[ ${IMSS_THROW_AWAY:-} == yes ]]; then printf 'save ""\n'; fi
    printf 'appendonly no\n'
  } | write_private "$STATE/redis/redis.conf"
  start_process redis redis-server "$STATE/redis/redis.conf"
  wait_until 20 port_is_taken "$PORT_REDIS" || fail "Redis did not start, see $STATE/logs/redis.log."
  say "Redis runs on port $PORT_REDIS"
}
