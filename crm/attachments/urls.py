"""Addresses of files."""

from django.urls import path, register_converter

from crm.attachments import views
from crm.attachments.storage import LARGE, SMALL


class SizeConverter:
    """The sizes a picture is drawn in."""

    regex = f"{LARGE}|{SMALL}"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


register_converter(SizeConverter, "size")

app_name = "attachments"
urlpatterns = [
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/download/", views.download, name="download"),
    path("<int:pk>/<size:size>.webp", views.picture, name="picture"),
    path("<int:pk>/rename/", views.rename, name="rename"),
    path("<int:pk>/archive/", views.archive, name="archive"),
    path("<int:pk>/put-back/", views.put_back, name="put_back"),
    path("of/<slug:kind>/<int:pk>/", views.record_files, name="record"),
]
