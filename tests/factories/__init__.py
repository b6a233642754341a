"""People and records for tests: plain functions, each call makes what its name says.

rep = make_user("rep", role="rep", department=make_department("East"))
customer = make_customer(owner=rep, name="Harbour Works")
"""

from tests.factories.base_data import (
    make_industry,
    make_level,
    make_region,
    make_source,
    make_stage,
    make_tag,
)
from tests.factories.customers import (
    make_activity,
    make_contact,
    make_customer,
    make_customers,
    make_pool,
    make_pooled_customer,
    make_task,
)
from tests.factories.people import make_department, make_user, role_named, sign_in

__all__ = [
    "make_activity",
    "make_contact",
    "make_customer",
    "make_customers",
    "make_department",
    "make_industry",
    "make_level",
    "make_pool",
    "make_pooled_customer",
    "make_region",
    "make_source",
    "make_stage",
    "make_tag",
    "make_task",
    "make_user",
    "role_named",
    "sign_in",
]
