"""How the history words what was done with customers; `%(name)s` stands for the record the operation names."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "customer_created": (_("added this customer"), "plus", "green"),
    "customer_changed": (_("changed the details"), "pencil", ""),
    "customer_archived": (_("archived this customer"), "archive", ""),
    "customer_unarchived": (_("put this customer back"), "archive-restore", ""),
    "customer_shared": (_("shared this customer with %(name)s"), "user-plus", ""),
    "customer_share_ended": (_("ended the share with %(name)s"), "user-minus", ""),
    "customer_claimed": (_("claimed this customer from the pool"), "hand", "teal"),
    "customer_released": (_("moved this customer into the pool"), "waves", "teal"),
    "customer_assigned": (_("assigned this customer"), "user-check", ""),
    "customers_transferred": (_("moved customers in bulk"), "arrow-left-right", ""),
    "customers_imported": (_("imported customers"), "file-up", ""),
    "customers_tagged": (_("changed tags in bulk"), "tag", ""),
    "customers_staged": (_("changed the stage in bulk"), "flag", ""),
    "customers_archived": (_("archived customers in bulk"), "archive", ""),
    "operation_undone": (_("took a change back"), "undo-2", ""),
    "contact_added": (_("added the contact %(name)s"), "user-round", ""),
    "contact_changed": (_("changed the contact %(name)s"), "user-round", ""),
    "contact_archived": (_("archived the contact %(name)s"), "user-round", ""),
    "contact_made_primary": (_("made %(name)s the main contact"), "user-round", ""),
    "contact_revealed": (_("uncovered contact details of %(name)s"), "eye", "amber"),
    "activity_logged": (_("wrote a follow-up"), "message-square-text", ""),
    "activity_changed": (_("corrected a follow-up"), "pencil", ""),
    "activity_archived": (_("archived a follow-up"), "archive", ""),
}
