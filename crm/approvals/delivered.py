"""What a newer version of the product adds to the flows it came with, for installations that began with less.

Only what is missing is added, and only to flows nobody here ever changed; whoever changed theirs is told on its page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from crm.approvals.definitions import checked
from crm.approvals.flows import install_standard_flows, save_flow
from crm.approvals.models import Flow
from crm.approvals.purposes import purpose_named, purposes

logger = logging.getLogger("harbour.approvals")
Definition = dict[str, Any]


def bring_flows_up_to_date(language: str = "zh-hans") -> int:
    """Install the standard flows that were never there and complete those nobody changed; how many flows that were."""
    count = install_standard_flows(language)
    with translation.override(language):
        rows = Flow.objects.filter(purpose__in=purposes(), version__made_by=None).select_related("version")
        return count + sum(_completed(flow) for flow in rows)


def completed_definition(flow: Flow) -> Definition | None:
    """What a flow would say with all that its delivered one came to have since it was installed; None for nothing.

    What was delivered once and taken out by somebody is not missing.
    """
    delivered = _delivered(flow)
    if delivered is None or flow.version is None:
        return None
    came = list(flow.versions.filter(made_by=None).values_list("definition", flat=True))
    merged = _merged(delivered, flow.version.definition, came) if came else flow.version.definition
    if merged == flow.version.definition:
        return None
    try:
        return checked(purpose_named(flow.purpose), merged)
    except ValidationError as refusal:  # a role it names was removed here
        logger.warning("a standard flow cannot be completed", extra={"flow": flow.pk, "why": refusal.messages})
        return None


def _completed(flow: Flow) -> bool:
    """Whether something was added to a flow: never to one that was edited or renamed here."""
    definition = completed_definition(flow)
    if definition is None or flow.versions.exclude(made_by=None).exists() or flow.name not in _names(flow.purpose):
        return False
    assert flow.version is not None
    try:
        save_flow(flow, actor=None, definition=definition, note=_("Added by a new version"), base=flow.version.number)
    except ValidationError as refusal:  # somebody edits the flow right now
        logger.warning("a standard flow was not completed", extra={"flow": flow.pk, "why": refusal.messages})
        return False
    return True


def _delivered(flow: Flow) -> Definition | None:
    """What the product comes with in the place of a flow."""
    offered = purpose_named(flow.purpose).standard_flows
    named = [definition for name, definition in offered if flow.name in _in_all_languages(name)]
    found = named[0] if named else (offered[0][1] if len(offered) == 1 else None)
    if found is None:
        return None
    steps = [
        {"key": f"step{number}", **step, "name": str(step["name"])} for number, step in enumerate(found["steps"], 1)
    ]
    return {**found, "steps": steps}


def _names(purpose: str) -> set[str]:
    """What the standard flows of a purpose are called, in every language."""
    return {words for name, _definition in purpose_named(purpose).standard_flows for words in _in_all_languages(name)}


def _in_all_languages(name: Any) -> set[str]:
    words = set()
    for code, _language in settings.LANGUAGES:
        with translation.override(code):
            words.add(str(name))
    return words


def _merged(delivered: Definition, now: Definition, came: Iterable[Definition]) -> Definition:
    """The steps of now, with those and with the deciders of last resort that `delivered` has and no version before."""
    before = [step for definition in came for step in definition["steps"]]
    known = {step["key"] for step in before}
    with_resort = {step["key"] for step in before if step.get("otherwise")}
    steps, place = [dict(step) for step in now["steps"]], 0
    for step in delivered["steps"]:
        key = step["key"]
        at = next((index for index, one in enumerate(steps) if one["key"] == key), None)
        if at is not None:
            place = at + 1
            if step.get("otherwise") and not steps[at].get("otherwise") and key not in with_resort:
                steps[at]["otherwise"] = step["otherwise"]
        elif key not in known:
            steps.insert(place, step)
            place += 1
    return {**now, "steps": steps}
