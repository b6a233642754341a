"""The kernel as a Django app."""

from django.apps import AppConfig

import crm.celery  # noqa: F401 - makes it the Celery application that pages and commands ring


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Harbour CRM"
