"""The yardstick of the list page: plain Django, the same rows, a signed-in person, nothing else."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import F, Prefetch
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from crm.access.gate import public
from customers.contacts.models import Contact
from customers.customers.models import Customer

TEMPLATE = """<!doctype html><html><head><title>Customers</title></head><body><p>{{ user.name }}</p><table>
{% for c in customers %}<tr>
<td><input type="checkbox" value="{{ c.pk }}"></td>
<td><a href="{{ c.get_absolute_url }}">{{ c.name }}</a></td>
<td>{{ c.level.name|default:"—" }}</td><td>{{ c.stage.name|default:"—" }}</td><td>{{ c.get_status_display }}</td>
<td>{{ c.main_contact.0.name|default:"—" }} {{ c.main_contact.0.job_title }}</td><td>{{ c.phone }}</td>
<td>{{ c.region.path_name|default:"—" }}</td><td>{{ c.owner.name|default:"—" }}</td>
<td>{{ c.last_followed_at|date:"Y-m-d H:i" }}</td><td>{{ c.next_follow_on|date:"Y-m-d" }}</td></tr>
{% endfor %}</table></body></html>"""


@public
@login_required
def bare_list(request: HttpRequest) -> HttpResponse:
    """Fifty customers by owner and stage, in the order of the product's list."""
    rows = (
        Customer.objects.filter(owner_id=request.GET["owner"], stage_id=request.GET["stage"])
        .select_related("level", "stage", "region", "owner")
        .prefetch_related(Prefetch("contacts", Contact.objects.filter(is_primary=True), to_attr="main_contact"))
        .order_by(F("last_followed_at").desc(nulls_last=True), "-id")[:50]
    )
    return HttpResponse(
        engines["django"].from_string(TEMPLATE).render({"customers": rows, "user": request.user}, request)
    )


urlpatterns = [path("bare/", bare_list)]
