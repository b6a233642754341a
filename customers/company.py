"""Settings of the company about customers."""

from django.utils.translation import gettext_lazy as _

from crm.company.declared import Setting

_CALENDAR, _LEADS, _DUPLICATES, _QUALITY, _HAND_OVER, _RETENTION, _PRIVACY = (
    _("Working calendar"),
    _("Leads"),
    _("Duplicates"),
    _("Data quality"),
    _("Hand-over"),
    _("Retention"),
    _("Privacy"),
)

SETTINGS = [
    Setting("calendar.opens_at", _CALENDAR, _("Working days begin at (hour)"), 9, "", 0, 12),
    Setting("calendar.closes_at", _CALENDAR, _("Working days end at (hour)"), 18, "", 13, 24),
    Setting(
        "leads.unworked_hours",
        _LEADS,
        _("Hours before an unworked lead raises an alarm"),
        24,
        _("Working hours of working days; 0 = no alarm."),
        high=720,
    ),
    Setting(
        "duplicates.exact",
        _DUPLICATES,
        _("Same phone or e-mail"),
        "reason",
        _("The same credit code is always refused."),
        choices=(("refuse", _("is refused")), ("reason", _("needs a reason"))),
    ),
    Setting("duplicates.similar_from", _DUPLICATES, _("Names count as similar from"), 80, _("50 to 100."), 50, 100),
    Setting(
        "duplicates.lookups_a_day", _DUPLICATES, _("Look-ups a day per person"), 100, _("0 = no limit."), 0, 10_000
    ),
    Setting("duplicates.unmerge_days", _DUPLICATES, _("Days in which a merge can be taken back"), 30, "", 1, 365),
    Setting(
        "privacy.request_days",
        _PRIVACY,
        _("Working days to answer a request about personal data"),
        15,
        _("Counted from the day it came in."),
        1,
        30,
    ),
    Setting("transfers.undo_days", _HAND_OVER, _("Days in which a transfer can be taken back"), 7, "", 1, 90),
    Setting(
        "quality.stale_days", _QUALITY, _("Days without a change before details count as stale"), 365, "", 30, 3650
    ),
    Setting(
        "quality.archive_months",
        _QUALITY,
        _("Months without anything happening before a customer is proposed for the archive"),
        36,
        _("0 = nothing is proposed; otherwise 6 or more."),
        6,
        240,
        may_be_off=True,
    ),
    Setting(
        "privacy.contact_months",
        _RETENTION,
        _("Months without contact before people at a customer are made anonymous"),
        0,
        _("0 = never; otherwise 6 or more. Existing customers are left out."),
        6,
        240,
        may_be_off=True,
    ),
    Setting(
        "retention.notice_days",
        _RETENTION,
        _("Days before notices are deleted"),
        365,
        _("0 = never; otherwise 30 or more."),
        30,
        3650,
        may_be_off=True,
    ),
    Setting(
        "retention.import_days",
        _RETENTION,
        _("Days before the rows of finished imports are deleted"),
        180,
        _("0 = never; otherwise 30 or more. An import without its rows cannot be taken back."),
        30,
        3650,
        may_be_off=True,
    ),
    Setting(
        "retention.work_days",
        _RETENTION,
        _("Days before the traces of finished background work are deleted"),
        90,
        _("0 = never; otherwise 30 or more."),
        30,
        3650,
        may_be_off=True,
    ),
]
