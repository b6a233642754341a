"""What the sidebar and the command palette offer. An app above the kernel appears by adding its line here.

A line is (URL name, label, icon, right, count, key): it is shown where the URL name resolves and the gate grants the
right ("" asks only for a sign-in); count names an attribute of the context processor's counts; key is the second key
after `g`, or for a command the single key that starts it.
"""

from django.utils.translation import gettext_lazy as _

HARBOUR_GATE = "crm.access.gate.may"

# what a line may count beside unread notices: a function that answers a user with rows, a thousand at most
HARBOUR_COUNTS = {
    "approvals": "crm.approvals.inbox.waiting_count",
    "leads": "customers.leads.counts.waiting_leads",
}

# pages whose address does not lie under that of their place
HARBOUR_PLACE_OF = {
    "/accounts/": "settings:index",
    "/sales/customers/": "customers:customer_list",
    "/sales/statements/": "customers:customer_list",
    "/comments/": "customers:customer_list",
    "/sales/deliveries/": "sales:order_list",
    "/sales/receivables/": "sales:payment_list",
    "/sales/periods/": "sales:payment_list",
    "/sales/billing/": "sales:invoice_list",
}

HARBOUR_NAVIGATION = [
    (
        "",
        [
            ("workbench", _("Workbench"), "house", "", "", "h"),
            ("approvals:approval_list", _("Approvals"), "stamp", "crm.view_approval", "approvals", "a"),
            ("notifications:notice_list", _("Notifications"), "bell", "", "notices", "n"),
            ("customers:task_list", _("Tasks"), "circle-check", "customers.view_task", "", "d"),
            ("customers:calendar", _("Calendar"), "calendar-days", "customers.view_task", "", "k"),
        ],
    ),
    (
        _("Customers"),
        [
            ("customers:customer_list", _("Customers"), "building-2", "customers.view_customer", "", "c"),
            ("customers:lead_list", _("Leads"), "inbox", "customers.assign_customer", "leads", "l"),
            ("customers:pool_list", _("Pool"), "waves", "customers.view_pool", "", "p"),
            ("customers:contact_list", _("Contacts"), "contact-round", "customers.view_contact", "", ""),
            ("customers:activity_list", _("Follow-ups"), "message-square-text", "customers.view_activity", "", "f"),
            ("customers:segment_list", _("Segments"), "filter", "customers.view_segment", "", ""),
            ("customers:quality", _("Data quality"), "list-checks", "customers.change_customer", "", ""),
            ("customers:consent_list", _("Consents"), "shield-check", "customers.view_consent", "", ""),
            (
                "customers:person_request_list",
                _("Privacy requests"),
                "shield-question-mark",
                "customers.view_person_request",
                "",
                "",
            ),
            ("customers:transfer_list", _("Transfers"), "arrow-left-right", "customers.transfer_customer", "", "t"),
            ("customers:duplicate_list", _("Duplicates"), "git-merge", "customers.merge_customer", "", ""),
            ("customers:import_list", _("Imports"), "file-up", "customers.import_customer", "", "i"),
        ],
    ),
    (
        _("Sales"),
        [
            ("sales:opportunity_list", _("Opportunities"), "target", "sales.view_opportunity", "", "o"),
            ("sales:requirement_list", _("Requirements"), "clipboard-list", "sales.view_requirement", "", ""),
            ("sales:quote_list", _("Quotes"), "file-text", "sales.view_quote", "", "q"),
            ("sales:contract_list", _("Contracts"), "file-pen-line", "sales.view_contract", "", ""),
            ("sales:order_list", _("Orders"), "package-check", "sales.view_order", "", ""),
            ("sales:payment_list", _("Payments"), "banknote", "sales.view_payment", "", ""),
            ("sales:invoice_list", _("Invoices"), "receipt-text", "sales.view_invoice", "", ""),
            ("sales:reissue_list", _("Reissues"), "repeat-2", "sales.view_reissue", "", ""),
            ("sales:product_list", _("Products"), "package", "sales.view_product", "", ""),
        ],
    ),
    (
        _("Analysis and administration"),
        [
            ("reports:report_list", _("Reports"), "chart-column", "reports.view_report", "", "r"),
            ("jobs:job_list", _("Jobs"), "list-checks", "", "", "j"),
            ("settings:index", _("Settings"), "settings", "", "", "s"),
            ("help:index", _("Help"), "circle-question-mark", "", "", ""),
        ],
    ),
]

HARBOUR_COMMANDS = [
    ("customers:customer_add", _("New customer"), "plus", "customers.add_customer", "", ""),
    ("sales:opportunity_add", _("New opportunity"), "target", "sales.add_opportunity", "", "o"),
    ("sales:quote_add", _("New quote"), "file-text", "sales.add_quote", "", ""),
    ("customers:activity_add", _("New follow-up"), "message-square-text", "customers.add_activity", "", "c"),
    ("customers:task_add", _("New task"), "list-checks", "customers.add_task", "", "t"),
    ("sales:payment_add", _("New payment"), "banknote", "sales.add_payment", "", ""),
    ("customers:customer_lookup", _("Is this customer known?"), "search-check", "customers.lookup_customer", "", ""),
    ("customers:import_new", _("Import a spreadsheet"), "file-up", "customers.import_customer", "", ""),
    (
        "customers:person_request_new",
        _("New privacy request"),
        "shield-question-mark",
        "customers.open_person_request",
        "",
        "",
    ),
    ("customers:pool_due", _("Returning to the pool soon"), "calendar-clock", "customers.protect_customer", "", ""),
    ("customers:transfer_new", _("Transfer customers"), "arrow-left-right", "customers.transfer_customer", "", ""),
]

# the settings index: (URL name, query, label, one sentence, icon, right)
HARBOUR_SETTINGS = [
    (
        _("My account"),
        [
            ("settings:appearance", "", _("Appearance and language"), _("Theme, row height, shortcuts, language."),
             "sun-moon", ""),
            ("account_change_password", "", _("Password"), _("Change the password you sign in with."), "key-round", ""),
            ("settings:calendar_feed", "", _("Calendar subscription"), _("Your tasks in the calendar of your phone."),
             "calendar-plus", "customers.view_task"),
            ("settings:mail_address", "", _("Mail into follow-ups"), _("Your own address that logs mail at customers."),
             "at-sign", "customers.add_activity"),
            ("settings:delegation_list", "", _("Delegations"), _("Who decides on approvals in your name."), "users",
             "crm.delegate_approval"),
            ("mfa_index", "", _("Two-factor sign-in"), _("Authenticator app and recovery codes."), "shield-check", ""),
        ],
    ),
    (
        _("Organisation"),
        [
            ("settings:user_list", "", _("Users"), _("Who works here, their department and roles."), "users",
             "crm.view_user"),
            ("settings:department_list", "", _("Departments"), _("The organisation as a tree, with its heads."),
             "git-branch", "crm.view_user"),
            ("settings:role_list", "", _("Roles"), _("What each role may do, and on which rows."), "shield",
             "crm.view_role"),
            ("settings:absence_list", "", _("Absences"), _("Who is away, and who stands in."), "calendar-x",
             "crm.view_user"),
        ],
    ),
    (
        _("Business"),
        [
            ("settings:base_data", "", _("Base data"),
             _("Stages, levels, tags, sources, industries, regions, holidays."), "database", "crm.manage_base_data"),
            ("settings:custom_field_list", "", _("Custom fields"), _("Fields of your own on customers and contacts."),
             "text-cursor-input", "crm.manage_custom_field"),
            ("settings:product_categories", "", _("Product categories"), _("The tree products are ordered by."),
             "folder", "sales.change_product"),
            ("settings:tax_rates", "", _("Tax rates"), _("Rates of value added tax, with the days they are valid."),
             "percent", "sales.manage_sales_data"),
            ("settings:flow_list", "", _("Approval flows"), _("Who decides on which documents, by when."), "git-branch",
             "crm.manage_flow"),
            ("settings:company", "", _("Company settings"), _("Limits, deadlines and alarms of all parts."),
             "building-2", "crm.manage_company"),
            ("settings:letterhead", "", _("Letterhead"), _("Our company, logo and seal on documents."), "stamp",
             "sales.manage_printing"),
            ("settings:print_templates", "", _("Print templates"), _("How quotes, contracts and notes are printed."),
             "printer", "sales.manage_printing"),
            ("settings:number_list", "", _("Numbers"), _("How customer numbers look."), "hash", "crm.manage_base_data"),
            ("settings:classification_list", "", _("Levels and tags by rule"),
             _("Give customers of a segment a level or a tag."), "tag", "customers.manage_classification"),
            ("settings:pool_list", "", _("Public pools"), _("Who may claim what, and how much."), "waves",
             "customers.manage_pool"),
            ("settings:allotment_list", "", _("Handing out"), _("Who gets new leads, by which rule."), "shuffle",
             "customers.manage_allotment"),
        ],
    ),
    (
        _("Platform"),
        [
            ("settings:token_list", "", _("API tokens"), _("Keys of other systems."), "key", "crm.manage_api_token"),
            ("settings:audit_list", "", _("Audit log"), _("Who did what, when and why."), "scroll-text",
             "crm.view_audit"),
            ("records:export_ledger", "", _("Exports"), _("What was taken out, by whom and what for."),
             "file-down", ""),
            ("records:export_requests", "", _("Requests for exports"), _("Exports above the daily limit."),
             "file-check", "crm.decide_export"),
            ("settings:retention", "", _("Retention"), _("What is erased when, and what a run would erase now."),
             "eraser", "customers.view_retention"),
            ("customers:person_request_list", "", _("Privacy requests"),
             _("What people ask about their data, and until when."), "shield-question-mark",
             "customers.view_person_request"),
            ("settings:system", "", _("System"), _("Health, versions, work that waits."), "server", "crm.view_system"),
        ],
    ),
]  # fmt: skip
