"""Forms that are sent twice make one thing."""

import re

from sales.invoices.models import BillingProfile
from tests.factories import sign_in


def test_billing_data_sent_twice_is_kept_once(people):
    browser, place = sign_in(people.rep), f"/sales/billing/new/?customer={people.customer.pk}"
    key = re.search(r'name="key" value="([^"]+)"', browser.get(place).content.decode())[1]
    answers = [browser.post(place, {"title": "Hengyao", "key": key}) for _turn in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert BillingProfile.objects.get().title == "Hengyao"
    assert browser.post(place, {"title": "Hengyao East", "key": "0" * 20}).status_code == 302
    assert BillingProfile.objects.count() == 2
