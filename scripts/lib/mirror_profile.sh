# shellcheck shell=bash
# The profile that scripts/mirror_federal.py takes, for the two catalogues of a state folder.

write_mirror_profile() {
  cat >"$STATE/mirror.toml.new" <<TOML
contact = "transparencia.opd@imssbienestar.gob.mx"

[source]
url = "$(catalogue_url institutional)"
token_file = "institutional.token"

[target]
url = "$(catalogue_url federal)"
token_file = "federal.token"
profile = "pnda"
organization = "imss-bienestar"
group = "salud"

[ledger]
url = "sqlite:///mirror.ledger.sqlite"
TOML
  mv "$STATE/mirror.toml.new" "$STATE/mirror.toml"
}
