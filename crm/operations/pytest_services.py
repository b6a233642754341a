"""A pytest plugin, loaded before the settings are read: the embedded servers are up for as long as the tests run."""

import os

from crm.operations import embedded, translations

embedded.provide_services()
os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/1"  # never the broker of a running copy
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs an event loop beside the ORM
translations.compile_messages()
