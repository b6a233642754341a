"""Addresses of the API: the resources of settings.HARBOUR_API, the schema and its pages."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from crm.access.gate import signed_in
from crm.api.documentation import DocumentationView, SchemaView
from crm.api.routes import viewsets
from crm.api.views import unknown_address

app_name = "api"
router = SimpleRouter(use_regex_path=False)
for address, viewset in viewsets().items():
    router.register(address, viewset, basename=address.rstrip("/"))

urlpatterns = [
    path("v1/", include(router.urls)),
    path("v1/", unknown_address, name="unknown"),
    path("v1/<path:rest>", unknown_address, name="unknown"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", signed_in(DocumentationView.as_view()), name="docs"),
]
