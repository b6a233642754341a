"""The lists of sales an administrator keeps on the pages of the base data."""

from django.utils.translation import gettext_lazy as _

from customers.base_data.kinds import Kind
from sales.contracts.models import ContractType
from sales.opportunities.models import LossReason, OpportunityStage

RIGHT = "sales.manage_sales_data"
LISTS = [
    Kind("opportunity-stages", OpportunityStage, _("Opportunity stages"),
         _("The steps of an opportunity, with how likely each makes winning."), "target",
         ("name", "tone", "probability", "stuck_after_days"), ("tone", "probability", "stuck_after_days"),
         is_ordered=True, right=RIGHT),
    Kind("loss-reasons", LossReason, _("Loss reasons"), _("Why opportunities are lost."), "circle-x", ("name",), (),
         is_ordered=True, right=RIGHT),
    Kind("contract-types", ContractType, _("Contract types"),
         _("Kinds of contracts with their standard clauses."), "file-pen-line",
         ("name", "may_invoice_before_payment", "clauses"), ("may_invoice_before_payment",), is_ordered=True,
         right=RIGHT),
]  # fmt: skip
