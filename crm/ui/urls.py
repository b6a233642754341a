"""The command palette, and the page of all components where DEBUG is on."""

from django.conf import settings
from django.urls import path

from crm.access.gate import public, signed_in
from crm.ui.kit import kit
from crm.ui.palette import palette

urlpatterns = [path("palette/", signed_in(palette), name="palette")]
if settings.DEBUG:
    urlpatterns += [path("kit/", public(kit), name="kit")]
