"""What must hold of approvals at every moment (TRUST 12.3)."""

from crm.operations.invariants import Invariant

RULES = [
    Invariant(
        35,
        "A request moves only along the allowed edges; closed ones never move again.",
        "SELECT later.id FROM (SELECT e.pgh_obj_id AS id, e.state, lag(e.state) OVER (PARTITION BY e.pgh_obj_id "
        "ORDER BY e.pgh_id) AS before FROM crm_approvalrequestevent e) later WHERE later.before <> later.state AND "
        "NOT (later.before, later.state) IN (('pending','blocked'), ('pending','returned'), ('pending','approved'), "
        "('pending','rejected'), ('pending','withdrawn'), ('pending','void'), ('blocked','pending'), "
        "('blocked','withdrawn'), ('blocked','void'), ('blocked','approved'), ('returned','pending'), "
        "('returned','blocked'), ('returned','void'))",
    ),
    Invariant(
        36,
        "An approved request has the approvals every step asks for, by different people: in its last round from the "
        "step this began at, and before that on the very same content.",
        "SELECT r.id FROM crm_approvalrequest r CROSS JOIN LATERAL jsonb_array_elements(r.definition->'steps') "
        "WITH ORDINALITY AS s(step, place) "
        "JOIN LATERAL (SELECT min(b.place) AS place FROM crm_approvaltask t JOIN LATERAL (SELECT x.ordinality AS place "
        "FROM jsonb_array_elements(r.definition->'steps') WITH ORDINALITY x WHERE x.value->>'key' = t.step) b ON true "
        "WHERE t.request_id = r.id AND t.round = r.round) began ON true "
        "CROSS JOIN LATERAL (SELECT count(DISTINCT d.actor_id) AS approvals FROM crm_approvaldecision d "
        "JOIN crm_approvaltask t ON t.id = d.task_id WHERE d.request_id = r.id "
        "AND (d.round = r.round OR s.place < began.place AND d.content_hash = r.content_hash) "
        # 100: the place of a step's own people among its turns (crm/approvals/turns.py)
        "AND t.position = 100 AND d.step = s.step->>'key' AND d.action IN ('approve', 'auto')) given "
        "WHERE r.state = 'approved' AND given.approvals < "
        "CASE WHEN s.step->>'mode' = 'n' THEN (s.step->>'count')::int ELSE 1 END",
    ),
    Invariant(
        37,
        "Nobody decided, in their own name or in another's, on what either submitted in this or an earlier round, or "
        "edited last.",
        "SELECT d.id FROM crm_approvaldecision d JOIN crm_approvalrequest r ON r.id = d.request_id "
        "WHERE d.action IN ('approve', 'reject', 'return', 'auto') AND (d.actor_id = d.on_behalf_of_id "
        "OR (d.round = r.round AND (d.actor_id IN (r.submitted_by_id, r.edited_by_id) "
        "OR d.on_behalf_of_id IN (r.submitted_by_id, r.edited_by_id))) "
        "OR EXISTS (SELECT FROM crm_approvaldecision s WHERE s.request_id = d.request_id AND s.action = 'submit' "
        "AND s.round <= d.round AND s.actor_id IN (d.actor_id, d.on_behalf_of_id)))",
    ),
    Invariant(
        38,
        "A turn is decided at most once, after it began and before its request was closed.",
        "SELECT min(d.id) FROM crm_approvaldecision d JOIN crm_approvaltask t ON t.id = d.task_id "
        "JOIN crm_approvalrequest r ON r.id = d.request_id WHERE d.action IN ('approve', 'reject', 'return', 'auto') "
        "GROUP BY d.task_id HAVING count(*) > 1 OR bool_or(d.decided_at <= t.created_at) "
        "OR bool_or(r.closed_at IS NOT NULL AND d.decided_at >= r.closed_at)",
    ),
    Invariant(
        39,
        "No turn waits in a request that does not, and each that waits has one, of its round and step.",
        "SELECT r.id FROM crm_approvalrequest r WHERE (r.state = 'pending') IS DISTINCT FROM EXISTS (SELECT FROM "
        "crm_approvaltask t WHERE t.request_id = r.id AND t.state = 'pending') "
        "OR EXISTS (SELECT FROM crm_approvaltask t "
        "WHERE t.request_id = r.id AND t.state = 'pending' AND (t.round <> r.round OR t.step <> r.step))",
    ),
    Invariant(
        40,
        "Every decision refers to the content that was submitted in its round.",
        "SELECT d.id FROM crm_approvaldecision d JOIN crm_approvaldecision s ON s.request_id = d.request_id "
        "AND s.round = d.round AND s.action = 'submit' WHERE d.action IN ('approve', 'reject', 'return', 'auto') "
        "AND d.content_hash <> s.content_hash",
    ),
    Invariant(
        41,
        "Decisions are never changed or deleted.",
        "SELECT e.pgh_obj_id FROM crm_approvaldecisionevent e WHERE e.pgh_label <> 'insert'",
    ),
    Invariant(
        42,
        "No turn waits for somebody who is disabled.",
        "SELECT t.id FROM crm_approvaltask t JOIN crm_user u ON u.id = t.approver_id "
        "WHERE t.state = 'pending' AND NOT u.is_active",
    ),
    Invariant(
        43,
        "Who stood in decided on days on which they did, and no turn held in a name was handed on.",
        "SELECT d.id FROM crm_approvaldecision d JOIN crm_approvaltask t ON t.id = d.task_id "
        "JOIN crm_approvalrequest r ON r.id = d.request_id WHERE d.on_behalf_of_id IS NOT NULL "
        "AND (d.action = 'delegate' OR (d.action IN ('approve', 'reject', 'return') AND t.origin = 'stand_in' "
        "AND NOT EXISTS (SELECT FROM crm_delegation g WHERE g.giver_id = d.on_behalf_of_id "
        "AND g.receiver_id = d.actor_id AND (d.decided_at AT TIME ZONE 'Asia/Shanghai')::date "
        "BETWEEN g.starts_on AND g.ends_on AND (g.ended_at IS NULL OR g.ended_at >= d.decided_at) "
        "AND (g.purposes = '{}' OR r.purpose = ANY(g.purposes))) "
        "AND NOT EXISTS (SELECT FROM crm_absence a WHERE a.user_id = d.on_behalf_of_id AND a.deputy_id = d.actor_id "
        "AND (d.decided_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN a.starts_on AND a.ends_on) "
        # an absence that was taken back afterwards is known to the log alone
        "AND NOT EXISTS (SELECT FROM crm_operation o WHERE o.subject_type = 'crm.user' "
        "AND o.subject_id = d.on_behalf_of_id AND o.verb = 'absence_removed' AND o.at >= d.decided_at)))",
    ),
    Invariant(
        44,
        "The flow, facts and content of a round never change, nor what a version of a flow says.",
        "SELECT e.pgh_obj_id FROM crm_approvalrequestevent e JOIN crm_approvalrequestevent f "
        "ON f.pgh_obj_id = e.pgh_obj_id AND f.round = e.round AND f.pgh_id > e.pgh_id "
        "WHERE (e.definition, e.facts, e.snapshot, e.content_hash, e.flow_version_id) IS DISTINCT FROM "
        "(f.definition, f.facts, f.snapshot, f.content_hash, f.flow_version_id) "
        "UNION ALL SELECT v.pgh_obj_id FROM crm_flowversionevent v WHERE v.pgh_label <> 'insert'",
    ),
    Invariant(
        45,
        "The amount a request was routed by is at least its own.",
        "SELECT id FROM crm_approvalrequest WHERE facts ? 'routed_amount' "
        "AND (facts->>'routed_amount')::numeric < (facts->>'amount')::numeric",
    ),
    Invariant(
        47,
        "Whoever is told of a decision is told once a round.",
        "SELECT min(id) FROM crm_notice WHERE kind = 'approval_decided' GROUP BY recipient_id, dedupe_key "
        "HAVING count(*) > 1",
    ),
    Invariant(
        48,
        "A round ends once.",
        "SELECT min(d.id) FROM crm_approvaldecision d WHERE d.action IN ('reject', 'return', 'withdraw') "
        "GROUP BY d.request_id, d.round HAVING count(*) > 1 UNION ALL SELECT d.id FROM crm_approvaldecision d "
        "JOIN crm_approvalrequest r ON r.id = d.request_id AND r.round = d.round "
        "WHERE r.state = 'approved' AND d.action IN ('reject', 'return', 'withdraw', 'void')",
    ),
]
