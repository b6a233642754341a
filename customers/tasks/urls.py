"""Addresses of tasks and of the calendar."""

from django.urls import path

from crm.access.gate import needs
from customers.tasks import calendar_views, feed_views, views
from customers.tasks.exports import task_export
from customers.tasks.lists import TaskListView

urlpatterns = [
    path("tasks/", needs("customers.view_task")(TaskListView.as_view()), name="task_list"),
    path("tasks/new/", views.task_add, name="task_add"),
    path("tasks/quick/", views.task_quick, name="task_quick"),
    path("tasks/filter/", views.task_filter, name="task_filter"),
    path("tasks/export/", task_export, name="task_export"),
    path("tasks/finish/", views.tasks_finish, name="tasks_finish"),
    path("tasks/postpone/", views.tasks_postpone, name="tasks_postpone"),
    path("tasks/<int:pk>/", views.task_detail, name="task_detail"),
    path("tasks/<int:pk>/edit/", views.task_edit, name="task_edit"),
    path("tasks/<int:pk>/finish/", views.task_finish, name="task_finish"),
    path("tasks/<int:pk>/reopen/", views.task_reopen, name="task_reopen"),
    path("tasks/<int:pk>/postpone/", views.task_postpone, name="task_postpone"),
    path("tasks/<int:pk>/give/", views.task_give, name="task_give"),
    path("tasks/<int:pk>/cancel/", views.task_cancel, name="task_cancel"),
    path("calendar/", calendar_views.week, name="calendar"),
    path("calendar/feed/<str:token>.ics", feed_views.feed, name="calendar_feed"),
]
