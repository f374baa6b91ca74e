# shellcheck shell=bash
# Solr in one Java process, from the jars of Maven Central, or the server named by IMSS_SOLR_URL.

SOLR_VERSION=9.10.1

solr_jars() { printf '%s/ckanext-imssbienestar/solr-%s\n' "${XDG_CACHE_HOME:-${HOME:-$STATE}/.cache}" "$SOLR_VERSION"; }

# The jars are shared by all state folders; they appear under their final name only when complete.
fetch_solr() {
  local jars partial
  jars=$(solr_jars)
  [[ -d $jars ]] && return
  partial=$jars.partial.$$
  mkdir -p "$partial"
  if ! run_logged "$STATE/logs/maven.log" "Fetching Solr $SOLR_VERSION from Maven Central (84 MB)" \
    mvn --batch-mode --no-transfer-progress --strict-checksums --file "$PROJECT/scripts/solr/pom.xml" \
    dependency:copy-dependencies "-DoutputDirectory=$partial" "-Dsolr.version=$SOLR_VERSION"; then
    rm -rf "$partial"
    fail "Solr could not be fetched. Check the network (Maven Central) and run this again; details in $STATE/logs/maven.log."
  fi
  mv -T "$partial" "$jars" 2>/dev/null || rm -rf "$partial"
}

# write_core NAME: CKAN's own schema; the three word lists it asks for are empty. CKAN 2.9 has a second
# schema for a Solr newer than 6.
write_core() {
  local core=$STATE/solr/$1 schema
  schema=$("$VENV_PYTHON" -c 'import importlib.util as u, pathlib as p; print(p.Path(u.find_spec("ckan").origin).parent / "config/solr/schema.xml")')
  if [[ -e ${schema%.xml}.solr8.xml ]]; then schema=${schema%.xml}.solr8.xml; fi
  mkdir -p "$core/conf"
  cp "$PROJECT/scripts/solr/conf/solrconfig.xml" "$core/conf/"
  cp "$schema" "$core/conf/schema.xml"
  touch "$core/conf/synonyms.txt" "$core/conf/protwords.txt" "$core/conf/stopwords.txt"
  printf 'name=%s\n' "$1" >"$core/core.properties"
}

solr_core_answers() {
  "$VENV_PYTHON" "$PROJECT/scripts/lib/answers.py" "http://127.0.0.1:$PORT_SOLR/solr/$1/admin/ping"
}

start_solr() {
  local core
  process_runs solr && return
  demand_port "$PORT_SOLR" solr
  fetch_solr
  mkdir -p "$STATE/solr"
  cp "$PROJECT/scripts/solr/conf/solr.xml" "$STATE/solr/"
  for core in "${CORES[@]}"; do write_core "$core"; done
  start_process solr java -Xms128m -Xmx512m "-Dsolr.log.dir=$STATE/logs" \
    -cp "$(solr_jars)/*" "$PROJECT/scripts/solr/SolrServer.java" "$STATE/solr" "$PORT_SOLR"
  for core in "${CORES[@]}"; do
    wait_until 90 solr_core_answers "$core" || fail "Solr did not open the core '$core', see $STATE/logs/solr.log."
  done
  say "Solr $SOLR_VERSION runs on port $PORT_SOLR with the cores ${CORES[*]}"
}
