#!/usr/bin/env bash
# Two fresh catalogues for a benchmark, in a state folder of their own: catalogues.sh up|down
#
# They are the demonstration's catalogues with nothing in them, and databases that need no durability.
set -euo pipefail
# shellcheck source=../../scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
for part in python services machine ckan mirror_profile suites; do
  # shellcheck source=/dev/null
  source "$PROJECT/scripts/lib/$part.sh"
done

STATE=$PROJECT/.bench
STATE_KIND=bench
IMSS_THROW_AWAY=yes
CORES=(institutional federal)
lock_state
set_ports "$(remembered_port_base || first_free_port_base 7000 7200 7400)"
case ${1:-} in
  up)
    demand_space 1000 "$STATE"
    demand_service_ports
    remember_port_base
    ensure_machine services
    ensure_packages run
    start_services
    start_fresh_catalogues
    rm -f "$STATE"/mirror.ledger.sqlite* "$STATE/people.json"
    write_mirror_profile
    ;;
  down)
    stop_catalogues
    stop_services
    ;;
  *) fail "say up or down." ;;
esac
