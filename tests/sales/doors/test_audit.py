"""What the audit log tells of approvals and files, which belong to business records."""

from crm.approvals import actions as approvals
from crm.attachments.models import Attachment
from crm.history.operations import operation
from tests.factories import make_user, sign_in
from tests.sales.quotes.stories import decide, line, request_of, submitted

PLACE = "/settings/audit/"


def test_what_is_said_in_approvals_and_how_files_are_called_is_told_to_those_who_see_all_of_business(people):
    quote = submitted(people, line())
    decide(quote, people.director, action=approvals.reject, comment="Their boss is ill")
    file = Attachment(pk=7, name="Merger of Hengyao.pdf")
    with operation(people.rep, "attachment_renamed", file, anchor_id=people.customer.pk):
        pass
    secrets = ("Their boss is ill", quote.number, "Merger of Hengyao")
    told = {role: sign_in(make_user(role, role)).get(PLACE).content.decode() for role in ("security", "auditor")}
    seen = {role: [secret for secret in secrets if secret in page] for role, page in told.items()}
    assert seen == {"security": [], "auditor": list(secrets)}
    assert f"#{request_of(quote).pk}" in told["security"]
    searching = sign_in(make_user("second", "security"))
    assert "#7" not in searching.get(PLACE, {"subject": "Merger"}).content.decode()
