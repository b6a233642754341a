"""The command palette, the search page, the language of visitors, and the page of all components where DEBUG is on."""

from django.conf import settings
from django.urls import path
from django.views.i18n import set_language

from crm.access.gate import public, signed_in
from crm.ui.kit import kit
from crm.ui.palette import palette, search

urlpatterns = [
    path("palette/", signed_in(palette), name="palette"),
    path("search/", signed_in(search), name="search"),
    path("language/", public(set_language), name="set_language"),
]
if settings.DEBUG:
    urlpatterns += [path("kit/", public(kit), name="kit")]
