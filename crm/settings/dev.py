"""The embedded default: one machine, loopback, secrets made by the bootstrap."""

from crm.settings.base import *  # noqa: F403
