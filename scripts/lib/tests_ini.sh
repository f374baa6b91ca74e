# shellcheck shell=bash
# The configuration of the CKAN that lives inside pytest: tests/test.ini with this machine's addresses.

write_tests_ini() {
  mkdir -p "$STATE/storage/tests"
  # A percent sign has a meaning in these files, hence its doubling.
  sed 's/%/%%/g' <<INI | write_private "$STATE/tests.ini"
[app:main]
use = config:$PROJECT/tests/test.ini
sqlalchemy.url = $(database_address tests)
$(datastore_settings tests)
ckan.redis.url = $(redis_address tests)
solr_url = $(solr_address tests)
ckan.storage_path = $STATE/storage/tests
INI
}
