"""What sales documents tell about people: a signer, who answered, who paid. Documents are kept as they were signed."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.datamap import DataMap, Fate, Kind, Personal
from customers.privacy.documents import PersonDocuments

# what stands on a document stays on it: contracts and invoices are kept for decades (TRUST 5.1)
_NAMED, _REACHED = Personal(Kind.NAME, Fate.KEPT), Personal(Kind.REACH, Fate.KEPT)
_ADDRESS, _TRACE = Personal(Kind.PLACE, Fate.KEPT), Personal(Kind.TRACE, Fate.KEPT)
_WORDS, _STAFF = Personal(Kind.WORDS, Fate.READ), Personal(Kind.STAFF, Fate.KEPT)
_COPY = Personal(Kind.TRACE, Fate.REPLACED)

_PERSONAL: dict[str, dict[str, Personal]] = {
    "sales.BankImport": {"refused": _COPY, "file_name": _COPY},
    "sales.BankLine": {"payer_name": _NAMED, "payer_account": _REACHED, "memo": _WORDS, "note": _WORDS},
    "sales.BillingProfile": {
        "title": _NAMED, "address": _ADDRESS, "phone": _COPY, "email": _COPY, "account": _REACHED,
    },
    "sales.Contract": {
        "title": _WORDS, "party": _NAMED, "signer_theirs": _NAMED, "clauses": _WORDS, "custom": _WORDS,
        "delivery_terms": _WORDS, "payment_terms": _WORDS, "end_reason": _WORDS, "waiver_reason": _WORDS,
    },
    "sales.Delivery": {
        "answered_by": _NAMED, "answer_address": _TRACE, "answer_note": _WORDS, "place": _ADDRESS, "remark": _WORDS,
    },
    "sales.Invoice": {"buyer": _NAMED, "remark": _WORDS, "note": _WORDS, "custom": _WORDS},
    "sales.Letterhead": {
        "phone": _STAFF, "email": _STAFF, "legal_representative": _STAFF, "address": _STAFF, "account": _STAFF,
    },
    "sales.Opportunity": {"name": _WORDS, "remark": _WORDS, "loss_note": _WORDS, "custom": _WORDS},
    "sales.Order": {"remark": _WORDS, "custom": _WORDS},
    "sales.Payment": {
        "payer_name": _NAMED, "remark": _WORDS, "overpayment_reason": _WORDS, "reversal_reason": _WORDS,
        "custom": _WORDS,
    },
    "sales.PeriodClose": {"reason": _STAFF},
    "sales.PriceChange": {"reason": _STAFF, "answer": _STAFF},
    "sales.Quote": {
        "answered_by": _NAMED, "answer_address": _TRACE, "answer_note": _WORDS, "title": _WORDS, "terms": _WORDS,
        "internal_note": _WORDS, "delivery_terms": _WORDS, "payment_terms": _WORDS, "custom": _WORDS,
    },
    "sales.Reissue": {"explanation": _WORDS, "custom": _WORDS},
    "sales.Requirement": {"title": _WORDS, "needs": _WORDS, "check_note": _WORDS, "custom": _WORDS},
    "sales.RequirementLine": {"note": _WORDS},
}  # fmt: skip

_IMPERSONAL: dict[str, str] = {
    "sales.BankImport": "account",
    "sales.BankLine": "fingerprint reference",
    "sales.BillingProfile": "bank tax_number",
    "sales.Contract": "content_hash number",
    "sales.ContractLine": "code name spec unit",
    "sales.ContractType": "clauses name",
    "sales.CustomerLink": "token_hash",
    "sales.Delivery": "carrier number tracking_number",
    "sales.Instalment": "name",
    "sales.Invoice": "content_hash invoice_number number provider_id seller seller_tax_number",
    "sales.InvoiceLine": "name spec unit",
    "sales.InvoiceQuota": "remark",
    "sales.Letterhead": "bank english_name footer logo name seal tax_number website",
    "sales.LossReason": "name",
    "sales.Opportunity": "number",
    "sales.OpportunityStage": "name",
    "sales.Order": "number",
    "sales.OrderLine": "code name unit",
    "sales.Payment": "content_hash number reference wanted",
    "sales.PriceList": "ending_reason name",
    "sales.PrintTemplate": "blocks name",
    "sales.Product": "code letters name remark spec unit",
    "sales.ProductCategory": "name",
    "sales.Quote": "content_hash number",
    "sales.QuoteLine": "code name spec unit",
    "sales.Reissue": "confirmation_number content_hash number",
    "sales.Requirement": "content_hash number",
    "sales.RequirementLine": "name unit",
    "sales.TaxRate": "name",
}

SALES = DataMap(_PERSONAL, _IMPERSONAL)

# why a document outlives the erasure of a person it names (TRUST 5.1, 7.3)
_BOOKS = _("accounting records, kept as long as the law sets (PIPL Art. 47)")
_PROOF = _("proof of what was discussed and agreed, kept while claims can be made (Civil Code Art. 188)")
DOCUMENTS = [
    PersonDocuments("sales.Opportunity", _PROOF, ("created_at",), contact="contact"),
    PersonDocuments("sales.Requirement", _PROOF, ("created_at",), contact="contact"),
    PersonDocuments(
        "sales.RequirementLine", _PROOF, ("document__created_at",), customer="document__customer",
        number="document__number",
    ),
    PersonDocuments("sales.Quote", _PROOF, ("issued_on",), contact="contact"),
    PersonDocuments(
        "sales.Contract", _PROOF, ("signed_on", "created_at"), contact="contact", words={"party": _("the customer")},
    ),
    PersonDocuments("sales.Order", _PROOF, ("created_at",)),
    PersonDocuments("sales.Delivery", _PROOF, ("delivered_on", "planned_on"), customer="order__customer"),
    PersonDocuments("sales.Payment", _BOOKS, ("paid_on",)),
    PersonDocuments(
        "sales.BankLine", _BOOKS, ("booked_on",), customer="payment__customer", number="reference"
    ),
    PersonDocuments("sales.BillingProfile", _BOOKS, ("created_at",), number="tax_number"),
    PersonDocuments("sales.Invoice", _BOOKS, ("issued_on", "created_at"), words={"buyer": _("buyer")}),
    PersonDocuments("sales.Reissue", _BOOKS, ("created_at",)),
]  # fmt: skip
