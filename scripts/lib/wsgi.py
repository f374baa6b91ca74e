"""The WSGI application of the catalogue whose configuration file CKAN_INI names."""

import os

from ckan.cli import load_config
from ckan.config.middleware import make_app

application = make_app(load_config(os.environ["CKAN_INI"]))
