"""Where the apps hang in at the kernel: it looks these names up and never imports an app above it.

An app appears in a part of the kernel by a line here: a dotted name of what that part asks for.
"""

from typing import Any

from crm.settings import environment

# ── background work: topic, kind or schedule → who does it ──
HARBOUR_OUTBOX_TOPICS: dict[str, str] = {
    "customers.send_contact_mail": "customers.messages.actions.send_mail",
    "customers.log_tombstones": "customers.privacy.tombstones.log_tombstones",
    "sales.order_invoice": "sales.invoices.providers.fetch_ordered",
}
HARBOUR_JOB_KINDS = {
    "classification": "customers.segments.jobs.Classification",
    "customer-import-check": "customers.imports.jobs.ImportCheck",
    "customer-import-repair": "customers.imports.jobs.ImportRepair",
    "customer-import-apply": "customers.imports.jobs.ImportApply",
    "customer-import-undo": "customers.imports.jobs.ImportUndo",
    "normalise": "customers.quality.jobs.Normalisation",
    "person-package": "customers.privacy.jobs.PersonPackage",
    "person-erasure": "customers.privacy.jobs.PersonErasure",
    "recycle": "customers.pool.jobs.RecycleRun",
    "retention": "customers.quality.retention.running.RetentionRun",
    "lead-drop": "customers.leads.jobs.LeadDropRun",
    "transfer": "customers.transfers.jobs.TransferRun",
    "departure": "crm.leaving.jobs.DepartureRun",
    "transfer-undo": "customers.transfers.jobs.TransferUndo",
    "export": "crm.records.exports.ExportRun",
    "report-pdf": "reports.jobs.ReportPdfRun",
    "document-print": "sales.printing.jobs.DocumentPrintRun",
    "report-xlsx": "reports.jobs.ReportXlsxRun",
}
HARBOUR_INVARIANTS = [
    "crm.operations.invariants.RULES",
    "crm.approvals.invariants.RULES",
    "customers.invariants.RULES",
    "sales.documents.invariants.RULES",
    "sales.requirements.invariants.RULES",
    "sales.quotes.invariants.RULES",
    "sales.contracts.invariants.RULES",
    "sales.payments.invariants.RULES",
    "sales.invoices.invariants.RULES",
    "sales.handing.invariants.RULES",
]
HARBOUR_SCHEDULES: dict[str, dict[str, Any]] = {
    "lapse-export-requests": {"run": "crm.records.export_requests.lapse_requests", "every": "hour"},
    "late-person-requests": {"run": "customers.privacy.requests.warn_of_late_requests", "every": "day", "at_hour": 8},
    "settle-uncertain-mail": {"run": "customers.messages.actions.settle_uncertain", "every": "minute"},
    "score-quality": {"run": "customers.quality.scoring.score_quality", "every": "day", "at_hour": 1},
    "score-customers": {"run": "customers.segments.scoring.score_customers", "every": "day", "at_hour": 2},
    "classify-customers": {"run": "customers.segments.jobs.classify_each_night", "every": "day", "at_hour": 4},
    "prices-in-force": {"run": "sales.products.pricing.apply_due_prices", "every": "day", "at_hour": 0},
    "seal-history": {"run": "crm.history.seals.seal_operations", "every": "minute"},
    "lead-drop": {"run": "customers.leads.jobs.take_in_dropped_files", "every": "minute"},
    "unworked-leads": {"run": "customers.leads.alarms.warn_of_unworked_leads", "every": "hour"},
    "hand-out-leads": {"run": "customers.leads.automatic.hand_out_new_leads", "every": "minute"},
    "hand-out-pools": {"run": "customers.leads.automatic.hand_out_of_pools", "every": "hour"},
    "scheduled-transfers": {"run": "customers.transfers.actions.start_due_transfers", "every": "day", "at_hour": 6},
    "task-reminders": {"run": "customers.tasks.actions.remind_of_tasks", "every": "minute"},
    "due-departures": {"run": "crm.leaving.actions.begin_due_departures", "every": "day", "at_hour": 6},
    "approval-deadlines": {"run": "crm.approvals.deadlines.watch_deadlines", "every": "minute"},
    "approval-blocked": {"run": "crm.approvals.deadlines.retry_blocked", "every": "hour"},
    "leavers-leftovers": {"run": "crm.leaving.actions.sweep_leftovers", "every": "minute"},
    "follow-up-reminders": {"run": "customers.activities.actions.remind_of_follow_ups", "every": "day", "at_hour": 8},
    "recycle": {"run": "customers.pool.recycling.start_recycling", "every": "day", "at_hour": 1},
    "invoices-waiting-for-quota": {"run": "sales.invoices.quotas.release_waiting", "every": "day", "at_hour": 0},
    "lapse-confirmation-forms": {"run": "sales.reissues.confirmation.expire_confirmations", "every": "minute"},
    "open-reissues": {"run": "sales.reissues.reminders.remind_of_open_reissues", "every": "day", "at_hour": 9},
    "contract-ends": {"run": "sales.contracts.reminders.remind_of_ends", "every": "day", "at_hour": 8},
    "warn-before-recycling": {"run": "customers.pool.ladder.warn_owners", "every": "day", "at_hour": 8},
    "propose-duplicates": {"run": "customers.duplicates.proposing.propose_candidates", "every": "day", "at_hour": 2},
    "expire-idempotency-keys": {"run": "crm.api.idempotency.delete_old_keys", "every": "hour"},
    "expire-imports": {"run": "customers.imports.actions.delete_old_files", "every": "day", "at_hour": 3},
    "remove-orphaned-files": {"run": "crm.attachments.storage.remove_orphans", "every": "day", "at_hour": 4},
    "retention": {"run": "customers.quality.retention.running.run_each_night", "every": "day", "at_hour": 3},
    "expire-files": {"run": "crm.jobs.actions.delete_expired_files", "every": "day", "at_hour": 3},
    "gather-sales": {"run": "sales.handing.following.gather_strays", "every": "day", "at_hour": 5},
    "overdue-instalments": {"run": "sales.payments.dunning.remind_of_overdue", "every": "day", "at_hour": 9},
}

# ── what the records of the apps are for the kernel and for each other ──
# what a segment may ask: each answers with fields; a query of (customer_id, amount) that gives customers their value,
# and the right of those who may ask about it
HARBOUR_SEGMENT_FIELDS = [
    "customers.segments.fields.customer_fields",
    "customers.segments.custom.custom_segment_fields",
    "customers.segments.fields.behaviour_fields",
    "sales.segments.fields.sales_fields",
]
HARBOUR_MONETARY = "sales.segments.fields.contracted_amounts"
HARBOUR_MONETARY_RIGHT = "sales.view_contract"
# what a notice may be about: whoever no longer sees the record no longer reads what was told of it
HARBOUR_NOTICE_SUBJECTS = [
    "customers.Customer",
    "customers.Contact",
    "customers.Activity",
    "customers.Comment",
    "customers.Task",
    "crm.ApprovalRequest",
    "sales.Quote",
    "sales.Product",
    "sales.Opportunity",
    "sales.Contract",
    "sales.Order",
    "sales.Invoice",
    "sales.Reissue",
    "sales.Payment",
]
HARBOUR_RIGHTS = ["crm.access.rights.RIGHTS", "customers.rights.RIGHTS", "sales.rights.RIGHTS", "reports.rights.RIGHTS"]
# what documents are put up for approval: each a Purpose
HARBOUR_APPROVALS: list[str] = [
    "sales.requirements.approvals.PURPOSE",
    "sales.quotes.approvals.PURPOSE",
    "sales.contracts.approvals.PURPOSE",
    "sales.payments.approvals.PURPOSE",
    "sales.invoices.approvals.PURPOSE",
    "sales.reissues.approvals.PURPOSE",
]
# a function that makes the provider that issues invoices for us; "" = finance issues them by hand
HARBOUR_INVOICE_PROVIDER = environment.text("HARBOUR_INVOICE_PROVIDER", "")
# kind of fact → what conditions on it choose from: a function that answers ids and names
HARBOUR_FACT_CHOICES = {"level": "sales.documents.asked.levels", "category": "sales.documents.asked.categories"}
# the working calendar deadlines are counted in
HARBOUR_WORKING_CALENDAR = "customers.base_data.working_days.working_calendar"
# lists of the settings an administrator may change for the company
HARBOUR_COMPANY = ["customers.company.SETTINGS", "sales.company.SETTINGS"]
# model label → how its files follow it: who reaches and changes them, whose customer they belong to
HARBOUR_ATTACHABLE = {
    "customers.Customer": "customers.customers.files.CUSTOMER_FILES",
    "customers.Contact": "customers.customers.files.CONTACT_FILES",
    "customers.Activity": "customers.customers.files.ACTIVITY_FILES",
    "customers.Comment": "customers.customers.files.COMMENT_FILES",
    "sales.Product": "sales.products.files.PRODUCT_FILES",
    "sales.Opportunity": "sales.opportunities.files.OPPORTUNITY_FILES",
    "sales.Contract": "sales.contracts.files.CONTRACT_FILES",
    "sales.Invoice": "sales.invoices.files.INVOICE_FILES",
    "sales.Reissue": "sales.invoices.files.REISSUE_FILES",
    "sales.Payment": "sales.payments.files.PAYMENT_FILES",
}
# what each table tells about people: each a DataMap
HARBOUR_DATA_MAP = ["customers.privacy.datamap.OWN", "sales.datamap.SALES"]
# which documents of the apps above may name a person: lists of PersonDocuments
HARBOUR_PERSON_DOCUMENTS = ["sales.datamap.DOCUMENTS"]
# classes of records with the period they are kept: lists of RetentionClass
HARBOUR_RETENTION = ["customers.quality.retention.kept.CLASSES"]
# verb → what follows when rows it wrote were put back: a function of their ids, in the same transaction
HARBOUR_AFTER_UNDO = {"customers_normalised": "customers.quality.normalising.after_undo"}
# facts that keep a customer where it is (contracts, tickets, approvals of the apps above): each a Hold
HARBOUR_CUSTOMER_HOLDS: list[str] = [
    "sales.quotes.holds.WAITING",
    "sales.contracts.holds.RUNNING",
    "sales.contracts.holds.UNPAID",
    "sales.contracts.holds.WAITING",
    "sales.contracts.holds.TO_SIGN",
    "sales.handing.holds.REQUIREMENTS",
    "sales.handing.holds.PAYMENTS",
    "sales.handing.holds.INVOICES",
    "sales.handing.holds.REISSUES",
]
# what belongs to customers that come to somebody or fall to a pool, and follows: each a function of their ids
HARBOUR_CHANGES_HANDS: list[str] = ["sales.handing.following.follow_customers"]
# which customers have signed contracts: each a function that answers their ids
HARBOUR_CONTRACTS: list[str] = ["sales.contracts.holds.customers_with_contracts"]
# lists of the base data an administrator keeps; what fills those of other apps on a new installation: what it loads →
# a function that answers how many rows it made
HARBOUR_BASE_DATA = ["customers.base_data.kinds.LISTS", "sales.base_data.kinds.LISTS"]
HARBOUR_BASE_LOADERS = {
    "lists of sales": "sales.base_data.loading.load_sales_data",
    "approval flows": "crm.approvals.delivered.bring_flows_up_to_date",
}
# what the demo company does besides looking after customers: each a function of its people and of the hour
HARBOUR_DEMO_PARTS = ["sales.demo.loading.load_sales"]
# what `seed_scale --NAME count` writes besides customers and follow-ups
HARBOUR_SCALE = {"opportunities": "sales.demo.scale.load_opportunities"}
# records an administrator may add fields to
HARBOUR_CUSTOM_FIELDS = ["customers.Customer", "customers.Contact", "sales.Opportunity"]

# ── hand-over, history, search, export, API ──
# what may move along with a customer besides what hangs on it: each a Companion
HARBOUR_MOVES_ALONG = [
    "customers.transfers.along.FOLLOW_UPS",
    "customers.transfers.along.TASKS",
    "customers.transfers.along.TEAM",
    # after the team: who still sees a customer depends on it
    "sales.handing.along.OPPORTUNITIES",
    "sales.handing.along.OFFERS",
    "sales.handing.along.CONTRACTS",
]
# what a preview of a transfer sums up: each a function of the customers that go and of who looks
HARBOUR_TRANSFER_TOTALS: list[str] = ["sales.handing.totals.transfer_totals"]
# what people hold and hand over when they leave, in this order: each a Belonging
HARBOUR_LEAVER_CHECKS = [
    "customers.transfers.leaving.CUSTOMERS",
    "sales.handing.leaving.SALES",
    "customers.transfers.leaving.TASKS",
    "customers.transfers.leaving.SHARES",
    "customers.transfers.leaving.SEGMENTS",
    "customers.transfers.leaving.POOLS",
    "customers.transfers.leaving.ALLOTMENTS",
    "customers.transfers.leaving.WISHES",
    "customers.transfers.leaving.DECISIONS",
    "customers.transfers.leaving.TRANSFERS",
    "crm.approvals.leaving.TURNS",
    "crm.leaving.kernel.DEPARTURES",
    "crm.leaving.kernel.HEADED",
    "crm.leaving.kernel.DEPUTY",
    "crm.leaving.kernel.VIEWS",
    "crm.leaving.kernel.TOKENS",
    "customers.transfers.leaving.FEED",
]
HARBOUR_VERBS = [
    "crm.history.verbs.VERBS",
    "crm.approvals.verbs.VERBS",
    "customers.verbs.VERBS",
    "sales.verbs.VERBS",
    "reports.verbs.VERBS",
]
# kinds of entries in the story of a customer besides its changes: each a TimelineSource
HARBOUR_TIMELINE = [
    "customers.activities.timeline.ActivitySource",
    "customers.comments.timeline.CommentSource",
    "crm.attachments.timeline.FileSource",
    "customers.customers.timeline.TaskSource",
    "sales.customers.timeline.SalesSource",
]
# what the page of a customer gets from the apps above: tabs that are pages of theirs (each a CustomerTab), key figures
HARBOUR_CUSTOMER_TABS = ["sales.customers.tab.TRANSACTIONS"]
HARBOUR_CUSTOMER_FIGURES = ["sales.customers.figures.FIGURES"]
# what the palette offers before anything is typed: functions `(user)`
HARBOUR_PALETTE_START = ["customers.customers.recent.recent_results"]
HARBOUR_PALETTE = [
    "customers.customers.search.palette_results",
    "customers.contacts.search.palette_results",
    "customers.tasks.search.palette_results",
    "sales.products.search.palette_results",
    "sales.opportunities.search.palette_results",
    "sales.requirements.search.palette_results",
    "sales.quotes.search.palette_results",
    "sales.contracts.search.palette_results",
    "sales.orders.search.palette_results",
    "sales.payments.search.palette_results",
    "sales.invoices.search.palette_results",
]
# model label → what exporting its list means; rows a person may export in a day, by the scope of the export right
HARBOUR_EXPORTS = {
    "customers.Customer": "customers.customers.exports.EXPORT",
    "customers.Contact": "customers.contacts.exports.EXPORT",
    "customers.Activity": "customers.activities.exports.EXPORT",
    "customers.Task": "customers.tasks.exports.EXPORT",
    "sales.Product": "sales.products.exports.EXPORT",
    "sales.Opportunity": "sales.opportunities.exports.EXPORT",
    "sales.Requirement": "sales.requirements.exports.EXPORT",
    "sales.Quote": "sales.quotes.exports.EXPORT",
    "sales.Contract": "sales.contracts.exports.EXPORT",
    "sales.Order": "sales.orders.exports.EXPORT",
    "sales.Payment": "sales.payments.exports.EXPORT",
    "sales.Instalment": "sales.payments.receivables.exports.EXPORT",
    "sales.Invoice": "sales.invoices.exports.EXPORT",
    "sales.Reissue": "sales.reissues.exports.EXPORT",
}
EXPORT_ROWS_A_DAY = {"own": 200, "department": 5_000, "below": 5_000, "all": 200_000}
# address below /api/v1/ → viewset; the kernel imports no app above it
HARBOUR_API = {
    "customers": "customers.customers.api.CustomerViewSet",
    "leads": "customers.customers.api.LeadViewSet",
    "pools": "customers.pool.api.PoolViewSet",
    "contacts": "customers.contacts.api.ContactViewSet",
    "activities": "customers.activities.api.ActivityViewSet",
    "tasks": "customers.tasks.api.TaskViewSet",
    "comments": "customers.comments.api.CommentViewSet",
    "mail": "customers.activities.mail_api.MailViewSet",
    "attachments": "crm.api.attachments.AttachmentViewSet",
    "segments": "customers.segments.api.SegmentViewSet",
    "transfers": "customers.transfers.api.TransferViewSet",
    "imports": "customers.imports.api.ImportViewSet",
    "products": "sales.products.api.ProductViewSet",
    "opportunities": "sales.opportunities.api.OpportunityViewSet",
    "requirements": "sales.requirements.api.RequirementViewSet",
    "quotes": "sales.quotes.api.QuoteViewSet",
    "reports": "reports.api.ReportViewSet",
    "approvals": "crm.approvals.api.ApprovalViewSet",
    "users": "crm.api.users.UserViewSet",
    "jobs": "crm.api.jobs.JobViewSet",
    "contracts": "sales.contracts.api.ContractViewSet",
    "orders": "sales.orders.api.OrderViewSet",
    "payments": "sales.payments.api.PaymentViewSet",
    "bank-lines": "sales.payments.api.BankLineViewSet",
    "invoices": "sales.invoices.api.InvoiceViewSet",
    "reissues": "sales.reissues.api.ReissueViewSet",
}
# what follows one of these opens something by itself, so no log holds it
HARBOUR_SECRET_ADDRESSES = ["/c/", "/calendar/feed/", "/accounts/password/reset/key/"]
