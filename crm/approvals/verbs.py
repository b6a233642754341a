"""How the audit log words what is done with approvals."""

from django.utils.translation import gettext_lazy as _

VERBS = {
    "approval_approved": (_("approved %(name)s"), "check", "green"),
    "approval_rejected": (_("rejected %(name)s"), "x", "red"),
    "approval_returned": (_("returned %(name)s"), "corner-up-left", "amber"),
    "approval_withdrawn": (_("withdrew %(name)s from approval"), "undo-2", ""),
    "approval_delegated": (_("handed the decision on %(name)s on"), "forward", ""),
    "approval_approver_added": (_("added an approver to %(name)s"), "user-plus", ""),
    "approval_commented": (_("commented on the approval of %(name)s"), "message-square-text", ""),
    "approval_copied": (_("sent copies of the approval of %(name)s"), "send", ""),
    "approval_copy_read": (_("read the copy of the approval of %(name)s"), "mail", ""),
    "approval_escalated": (_("escalated the approval of %(name)s"), "arrow-up", "amber"),
    "approvals_reminded": (_("reminded of approvals"), "bell", ""),
    "approval_reassigned": (_("gave the approval of %(name)s to somebody else"), "repeat-2", ""),
    "approval_retried": (_("tried the blocked approval of %(name)s again"), "refresh-cw", ""),
    "flow_added": (_("added the approval flow %(name)s"), "git-branch", "green"),
    "flow_changed": (_("changed the approval flow %(name)s"), "git-branch", "amber"),
    "flow_switched": (_("switched the approval flow %(name)s on or off"), "git-branch", "amber"),
    "flow_moved": (_("moved the approval flow %(name)s"), "git-branch", ""),
    "flows_installed": (_("installed the standard approval flows"), "git-branch", ""),
    "delegation_given": (_("let somebody decide in the name of %(name)s"), "users", "amber"),
    "delegation_ended": (_("ended a delegation of %(name)s"), "users", ""),
}
