"""The canonical copy of a table somebody sent, with the account of its changes."""
