"""All tasks of the kernel, for Celery."""

from crm.jobs.tasks import process_outbox_row, run_job, run_schedules, sweep_outbox

__all__ = ["process_outbox_row", "run_job", "run_schedules", "sweep_outbox"]
