"""Makes a catalogue's system administrator: ``administrator.py PASSWORD_FILE TOKEN_FILE``.

The catalogue is the one whose configuration file CKAN_INI names. Password and token pass through
files of mode 0600, which is why the ``ckan`` command is not used: it takes them as arguments.
"""

import os
import sys
from pathlib import Path

from ckan import model
from ckan.cli import load_config
from ckan.config.middleware import make_app
from ckan.plugins import toolkit

NAME = "administrador"


def main(password_file: Path, token_file: Path) -> None:
    """Leaves the administrator with that password and a new token in the file."""
    site = toolkit.get_action("get_site_user")({"ignore_auth": True}, {})
    context = {"ignore_auth": True, "user": site["name"]}
    user = model.User.get(NAME)
    if user is None:
        password = password_file.read_text(encoding="utf-8")
        account = {"name": NAME, "email": f"{NAME}@example.org", "password": password}
        toolkit.get_action("user_create")(dict(context), account)
        user = model.User.get(NAME)
    user.sysadmin = True
    model.repo.commit()
    wanted = {"user": NAME, "name": "scripts"}
    token = toolkit.get_action("api_token_create")(dict(context), wanted)["token"]
    partial = token_file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write((token if isinstance(token, str) else token.decode()) + "\n")  # bytes: 2.9
    partial.replace(token_file)


with make_app(load_config(os.environ["CKAN_INI"]))._wsgi_app.test_request_context():
    main(Path(sys.argv[1]), Path(sys.argv[2]))
