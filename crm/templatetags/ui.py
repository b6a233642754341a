"""`{% load ui %}`; the tags live in crm/ui/tags.py."""

from crm.ui.tags import register as register
