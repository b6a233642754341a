"""What must hold of customers at every moment."""

from crm.operations.invariants import Invariant

RULES = [
    Invariant(
        49,
        "Each live customer is owned by somebody active and in no pool, in a pool and owned by nobody, or potential.",
        "SELECT c.id FROM customers_customer c LEFT JOIN crm_user u ON u.id = c.owner_id "
        "WHERE c.archived_at IS NULL AND NOT CASE WHEN c.owner_id IS NOT NULL THEN u.is_active AND c.pool_id IS NULL "
        "ELSE (c.pool_id IS NOT NULL) = (c.status = 'pool') AND c.status IN ('pool', 'potential') END",
    ),
    Invariant(
        50,
        "The last owner in the history of a customer is its owner.",
        "SELECT c.id FROM customers_customer c CROSS JOIN LATERAL (SELECT e.owner_id FROM customers_customerevent e "
        "WHERE e.pgh_obj_id = c.id ORDER BY e.pgh_id DESC LIMIT 1) told "
        "WHERE told.owner_id IS DISTINCT FROM c.owner_id",
    ),
    Invariant(
        51,
        "Whoever got a customer out of a pool got it after it came there.",
        "SELECT id FROM customers_claimrecord WHERE claimed_at < pooled_at",
    ),
    Invariant(
        52,
        "Each stay in a pool ended with one taker.",
        "SELECT min(id) FROM customers_claimrecord WHERE pooled_at IS NOT NULL GROUP BY customer_id, pooled_at "
        "HAVING count(*) > 1",
    ),
    Invariant(
        53,
        "Nobody claimed more on one company day than the pool allows, since its rules changed last.",
        "SELECT min(r.id) FROM customers_claimrecord r JOIN customers_pool p ON p.id = r.pool_id "
        "CROSS JOIN LATERAL (SELECT coalesce(max(e.pgh_created_at), "
        "'-infinity') AS since FROM customers_poolevent e WHERE e.pgh_obj_id = p.id) rules "
        "WHERE p.claims_per_day > 0 AND NOT r.is_assigned AND r.claimed_at >= rules.since "
        "GROUP BY r.claimed_by_id, r.pool_id, r.claimed_on, p.claims_per_day HAVING count(*) > p.claims_per_day",
    ),
    Invariant(
        54,
        "Who claimed, was assigned or got by import a customer last holds no more than they may.",
        "SELECT newest.id FROM (SELECT DISTINCT ON (owner_id) id, owner_id, received_at FROM customers_customer "
        "WHERE owner_id IS NOT NULL ORDER BY owner_id, received_at DESC NULLS LAST, id DESC) newest "
        "CROSS JOIN LATERAL (SELECT r.claimed_at AS at FROM customers_claimrecord r WHERE r.customer_id = newest.id "
        "AND r.claimed_by_id = newest.owner_id AND r.claimed_at >= newest.received_at - interval '1 minute' "
        # an import that was allowed to go above the limits says so
        "UNION ALL SELECT e.received_at FROM customers_customerevent e JOIN crm_operation o "
        "ON o.context_id = e.pgh_context_id WHERE e.pgh_obj_id = newest.id AND e.pgh_label = 'insert' "
        "AND e.owner_id = newest.owner_id AND e.received_at = newest.received_at "
        "AND o.verb = 'customers_imported' AND o.facts->>'exceeds_limit' = 'false') taken "
        "JOIN crm_user u ON u.id = newest.owner_id WHERE u.customer_capacity < (SELECT count(*) "
        "FROM customers_customer c WHERE c.owner_id = u.id AND c.archived_at IS NULL "
        "AND c.status IN ('lead', 'opportunity') AND c.received_at <= newest.received_at "
        # a director's undo gives back whatever was there before, and a transfer may go above the limits
        "AND NOT EXISTS (SELECT FROM customers_transferrow x JOIN customers_transfer t ON t.id = x.transfer_id "
        "WHERE x.customer_id = c.id AND CASE WHEN t.exceeds_limit AND x.outcome = 'moved' THEN x.new_owner_id = u.id "
        "ELSE x.outcome = 'undone' AND x.old_owner_id = u.id END)) "
        "AND NOT EXISTS (SELECT FROM crm_userevent e WHERE e.pgh_obj_id = u.id AND e.pgh_created_at > taken.at)",
    ),
    Invariant(
        55,
        "Nobody got back what they gave up before the cool-down of the pool was over.",
        "SELECT r.id FROM customers_claimrecord r JOIN customers_pool p ON p.id = r.pool_id "
        "CROSS JOIN LATERAL (SELECT coalesce(max(e.pgh_created_at), "
        "'-infinity') AS since FROM customers_poolevent e WHERE e.pgh_obj_id = p.id) rules "
        "WHERE r.claimed_by_id = r.previous_owner_id AND r.claimed_at >= rules.since "
        "AND r.claimed_at < r.pooled_at + p.cool_down_days * interval '1 day'",
    ),
    Invariant(
        56,
        "Only coming into a pool sets the moment from which a customer lies there.",
        "SELECT pgh_obj_id FROM (SELECT e.pgh_obj_id, e.status, e.pooled_at, lag(e.status) OVER stay AS was, "
        "lag(e.pooled_at) OVER stay AS was_at FROM customers_customerevent e JOIN customers_customer c "
        "ON c.id = e.pgh_obj_id AND c.status = 'pool' WINDOW stay AS (PARTITION BY e.pgh_obj_id ORDER BY e.pgh_id)) s "
        "WHERE status = 'pool' AND was = 'pool' AND pooled_at IS DISTINCT FROM was_at",
    ),
    Invariant(
        57,
        "The clock of a customer stands at a valid follow-up.",
        "SELECT c.id FROM customers_customer c WHERE c.last_followed_at IS NOT NULL AND c.owner_id IS NOT NULL "
        "AND EXISTS (SELECT FROM customers_activity a WHERE a.customer_id = c.id) AND NOT EXISTS (SELECT "
        "FROM customers_activity a WHERE a.customer_id = c.id AND a.is_valid_follow_up AND a.archived_at IS NULL "
        "AND a.happened_at = c.last_followed_at)",
    ),
    Invariant(
        58,
        "No customer lies in a pool protected or extended.",
        "SELECT id FROM customers_customer WHERE status = 'pool' "
        "AND (protected_until IS NOT NULL OR recycle_not_before IS NOT NULL)",
    ),
    Invariant(
        59,
        "Nothing waits for the former owner of a customer in a pool, and it came there at some moment.",
        "SELECT c.id FROM customers_customer c WHERE c.status = 'pool' AND (c.pooled_at IS NULL "
        "OR EXISTS (SELECT FROM customers_task t WHERE t.customer_id = c.id AND t.owner_id = c.previous_owner_id "
        "AND t.done_at IS NULL AND t.cancelled_at IS NULL AND t.created_at < c.pooled_at) "
        "OR EXISTS (SELECT FROM customers_recycleextension x WHERE x.customer_id = c.id AND x.state = 'open'))",
    ),
    Invariant(
        60,
        "An owned customer belongs to a department.",
        "SELECT id FROM customers_customer WHERE owner_id IS NOT NULL AND department_id IS NULL",
    ),
    Invariant(
        61,
        "Nobody uncovered contact details of a customer while it lay in a pool.",
        "SELECT o.id FROM crm_operation o CROSS JOIN LATERAL (SELECT e.status FROM customers_customerevent e "
        "WHERE e.pgh_obj_id = o.anchor_id AND e.pgh_created_at <= o.at ORDER BY e.pgh_id DESC LIMIT 1) was "
        "WHERE o.verb IN ('customer_revealed', 'contact_revealed') AND was.status = 'pool'",
    ),
    Invariant(
        63,
        "A customer in a pool is shared with nobody.",
        "SELECT c.id FROM customers_customer c JOIN customers_customershare s ON s.content_object_id = c.id "
        "WHERE c.status = 'pool'",
    ),
    Invariant(
        64,
        "At most one run takes customers back at a time.",
        "SELECT id FROM crm_job WHERE kind = 'recycle' AND state IN ('queued', 'running') OFFSET 1",
    ),
    Invariant(
        65,
        "Owned, pooled, potential and archived customers are all customers.",
        "SELECT 0 FROM customers_customer HAVING count(*) <> count(*) FILTER (WHERE archived_at IS NOT NULL) "
        "+ count(*) FILTER (WHERE archived_at IS NULL AND owner_id IS NOT NULL) "
        "+ count(*) FILTER (WHERE archived_at IS NULL AND owner_id IS NULL AND pool_id IS NOT NULL) "
        "+ count(*) FILTER (WHERE archived_at IS NULL AND owner_id IS NULL AND pool_id IS NULL "
        "AND status = 'potential')",
    ),
    Invariant(
        62,
        "Each record of an ended transfer was moved, put back, or says why not.",
        "SELECT r.id FROM customers_transferrow r JOIN customers_transfer t ON t.id = r.transfer_id "
        "WHERE t.state IN ('done', 'failed', 'undone') "
        "AND (r.outcome = 'planned' OR (r.outcome IN ('stays', 'skipped', 'kept') AND r.reason = ''))",
    ),
    Invariant(
        63,
        "No former owner keeps an older share of what was moved away from them.",
        "SELECT s.id FROM customers_customershare s "
        "JOIN customers_transferrow r ON r.customer_id = s.content_object_id AND r.old_owner_id = s.user_id "
        "JOIN customers_transfer t ON t.id = r.transfer_id "
        "JOIN customers_customershareevent e ON e.pgh_obj_id = s.id AND e.pgh_label = 'insert' "
        "WHERE r.outcome = 'moved' AND t.old_owner_stays = '' AND e.pgh_created_at < t.created_at",
    ),
    Invariant(
        66,
        "Nobody disabled owns a customer.",
        "SELECT c.id FROM customers_customer c JOIN crm_user u ON u.id = c.owner_id WHERE NOT u.is_active",
    ),
    Invariant(
        67,
        "No import gave an existing customer to another owner or pool without the right to.",
        "SELECT e.pgh_obj_id FROM crm_operation o JOIN customers_customerevent e ON e.pgh_context_id = o.context_id "
        "AND e.pgh_label = 'update' CROSS JOIN LATERAL (SELECT b.owner_id, b.pool_id FROM customers_customerevent b "
        "WHERE b.pgh_obj_id = e.pgh_obj_id AND b.pgh_id < e.pgh_id ORDER BY b.pgh_id DESC LIMIT 1) before "
        "WHERE o.verb = 'customers_imported' AND (before.owner_id, before.pool_id) IS DISTINCT FROM (e.owner_id, "
        "e.pool_id) AND NOT EXISTS (SELECT FROM crm_user_roles h JOIN crm_grant g ON g.role_id = h.role_id "
        "WHERE h.user_id = o.actor_id AND g.right IN ('customers.transfer_customer', 'customers.import_any_owner'))",
    ),
    Invariant(
        78,
        "Each retention run tells exactly what its parts erased, and none erased history.",
        "SELECT e.id FROM crm_operation e CROSS JOIN LATERAL (SELECT coalesce(sum(p.row_count), 0) AS erased, "
        "count(*) FILTER (WHERE p.facts->>'class' = 'history') AS history FROM crm_operation p "
        "WHERE p.verb = 'retention_erased' AND p.facts->>'job' = e.facts->>'job') parts "
        "WHERE e.verb = 'retention_ended' AND (e.row_count <> parts.erased OR parts.history > 0)",
    ),
    Invariant(
        75,
        "No mail went to a person after they had withdrawn from its purpose.",
        "SELECT m.id FROM customers_contactmail m JOIN customers_consent c ON c.contact_id = m.contact_id "
        "AND c.purpose = m.purpose AND c.withdrawn_at < m.send_at WHERE m.state IN ('sending', 'sent', 'unknown') "
        "AND NOT EXISTS (SELECT FROM customers_consent n WHERE n.contact_id = m.contact_id AND n.purpose = m.purpose "
        "AND n.given_at >= c.withdrawn_at AND n.given_at <= m.send_at)",
    ),
    Invariant(
        78,
        "No proof of how data was handled was removed within 3 years, and no person erased by rule within 6 months.",
        "SELECT pgh_obj_id FROM customers_consentevent WHERE pgh_label = 'delete' "
        "AND given_at > pgh_created_at - interval '3 years' UNION ALL "
        "SELECT pgh_obj_id FROM customers_personrequestevent WHERE pgh_label = 'delete' "
        "AND opened_at > pgh_created_at - interval '3 years' UNION ALL "
        "SELECT id FROM customers_tombstone WHERE because = 'retention' AND made_at > at - interval '6 months'",
    ),
    Invariant(
        80,
        "Nobody who was erased is known again, and nothing that was withdrawn before goes on.",
        "SELECT c.id FROM customers_tombstone t JOIN customers_contact c ON c.id = t.contact_id "
        "AND c.created_at = t.made_at WHERE t.what = 'erased' AND (c.archived_at IS NULL "
        "OR c.name NOT LIKE '% ' || c.id OR concat(c.phone, c.email, c.wechat, c.job_title, c.remark) <> '' "
        "OR c.birthday IS NOT NULL OR c.custom <> '{}') UNION ALL "
        "SELECT c.id FROM customers_tombstone t JOIN customers_consent c ON c.contact_id = t.contact_id "
        "AND c.purpose = t.purpose WHERE t.what = 'withdrawn' AND c.withdrawn_at IS NULL AND c.given_at < t.at",
    ),
    Invariant(
        97,
        "Every tag of a customer exists.",
        "SELECT c.id FROM customers_customer c CROSS JOIN LATERAL unnest(c.tag_ids) AS tag "
        "LEFT JOIN customers_tag t ON t.id = tag WHERE t.id IS NULL",
    ),
    Invariant(
        98,
        "No name holds a control character.",
        r"SELECT id FROM customers_customer WHERE name ~ '[\x01-\x1f\x7f]'",
    ),
    Invariant(
        103,
        "A merged customer leads to one that was not merged itself.",
        "SELECT l.id FROM customers_customer l JOIN customers_customer s ON s.id = l.merged_into_id "
        "WHERE s.merged_into_id IS NOT NULL",
    ),
    Invariant(
        99,
        "Mobiles are kept in E.164 and e-mails in small letters, so that equal ones are found.",
        "SELECT id FROM customers_customer WHERE phone ~ '^1[3-9][0-9]{9}$' OR email <> lower(email) "
        "UNION ALL SELECT id FROM customers_contact WHERE phone ~ '^1[3-9][0-9]{9}$' OR email <> lower(email)",
    ),
    Invariant(
        103,
        "No contact, follow-up, task or comment was left behind at a merged customer.",
        "SELECT r.id FROM (SELECT id, customer_id FROM customers_contact UNION ALL SELECT id, customer_id "
        "FROM customers_task UNION ALL SELECT id, customer_id FROM customers_comment UNION ALL SELECT id, customer_id "
        "FROM customers_activity WHERE message_id = '') r JOIN customers_customer c ON c.id = r.customer_id "
        "WHERE c.merged_into_id IS NOT NULL",
    ),
]
