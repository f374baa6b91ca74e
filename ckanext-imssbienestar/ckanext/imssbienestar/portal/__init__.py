"""CKAN's side of the house: plugin, actions, auth, validators, views, helpers, command line."""
