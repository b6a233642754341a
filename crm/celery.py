"""The Celery application: Redis is a doorbell only, so every message may be lost, late or rung twice without harm."""

import os

from celery import Celery
from celery.signals import worker_process_init
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.dev")

from django.conf import settings

from crm.operations.processes import die_with_parent

MEGABYTE = 1024  # worker_max_memory_per_child counts kilobytes

app = Celery("harbour", broker=settings.REDIS_URL)
app.conf.update(
    task_queues=[Queue("critical"), Queue("default"), Queue("bulk")],
    task_default_queue="default",
    task_create_missing_queues=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_retry_on_worker_lost=True,
    task_annotations={"*": {"max_retries": 3, "default_retry_delay": 30}},
    task_soft_time_limit=200,
    task_time_limit=240,
    task_publish_retry=False,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=30,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_max_tasks_per_child=200,
    worker_max_memory_per_child=450 * MEGABYTE,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=3,
    broker_transport_options={
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "health_check_interval": 15,
        # a page that rings must not wait for a Redis that is down; workers retry by broker_connection_* for ever
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    beat_schedule=settings.HARBOUR_BEAT,
    beat_max_loop_interval=10,
    timezone=settings.TIME_ZONE,
    enable_utc=True,
)
app.autodiscover_tasks()


@worker_process_init.connect
def _end_with_the_worker(**_: object) -> None:
    """A pool process must not work on alone when its worker was killed."""
    die_with_parent()
