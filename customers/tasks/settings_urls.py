"""The address of a person's calendar subscription, mounted among the settings."""

from django.urls import path

from customers.tasks import feed_views

urlpatterns = [
    path("calendar/", feed_views.calendar_feed, name="calendar_feed"),
    path("calendar/make/", feed_views.calendar_feed_make, name="calendar_feed_make"),
    path("calendar/remove/", feed_views.calendar_feed_remove, name="calendar_feed_remove"),
]
