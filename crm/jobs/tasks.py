"""Doorbells: an id in, one function called."""

from celery import shared_task

from crm.jobs import running


@shared_task(name="crm.run_job")
def run_job(job_id: int) -> None:
    running.run_job(job_id, seconds=120)


@shared_task(name="crm.process_outbox_row")
def process_outbox_row(row_id: int) -> None:
    running.process_outbox_row(row_id)


@shared_task(name="crm.sweep_outbox")
def sweep_outbox() -> None:
    running.sweep()


@shared_task(name="crm.run_schedules")
def run_schedules() -> None:
    running.run_schedules()
