"""Requests of persons, tombstones, and the one door through which the history of an erased person is redacted."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

NEW_RIGHTS = {
    "customers.view_person_request": ["rep", "director", "admin", "security", "auditor"],
    "customers.open_person_request": ["rep", "director"],
    "customers.approve_person_request": ["security"],
    "customers.execute_person_request": ["admin"],
}

# the append-only triggers of the tables the function may redact
TRIGGERS = (
    "pgtrigger_append_only_a1838",
    "pgtrigger_append_only_ffafd",
    "pgtrigger_append_only_d5912",
    "pgtrigger_append_only_070ec",
    "pgtrigger_append_only_92226",
    "pgtrigger_append_only_d84f7",
    "pgtrigger_append_only_6433e",
    "pgtrigger_append_only_0a8cd",
    "pgtrigger_append_only_4e509",
    "pgtrigger_append_only_7c61b",
    "pgtrigger_operation_append_only_1590f",
)

# What the function may do is fixed here and nowhere else: it takes contacts that were erased already, finds out by
# itself what was known of them, empties the personal columns of their events, takes the values out of the texts that
# name them, and leaves a tombstone of each. It runs as the owner of the tables, because nobody else may change history.
REDACTION = """
CREATE FUNCTION privacy_without(told text, known text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE word text;
BEGIN
    FOREACH word IN ARRAY known LOOP
        told := replace(told, word, '***');
    END LOOP;
    RETURN told;
END $$;

CREATE FUNCTION privacy_names(told text, known text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE word text;
BEGIN
    FOREACH word IN ARRAY known LOOP
        IF strpos(told, word) > 0 THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;

CREATE FUNCTION privacy_without_in(told jsonb, known text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE jsonb_typeof(told)
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(key, privacy_without_in(value, known)), '{}')
            FROM jsonb_each(told))
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(privacy_without_in(value, known) ORDER BY place), '[]')
            FROM jsonb_array_elements(told) WITH ORDINALITY AS part(value, place))
        WHEN 'string' THEN CASE WHEN told #>> '{}' = ANY(known) THEN to_jsonb(''::text)
            ELSE to_jsonb(privacy_without(told #>> '{}', known)) END
        ELSE CASE WHEN privacy_names(told::text, known) THEN to_jsonb('***'::text) ELSE told END
    END;
END $$;

CREATE FUNCTION privacy_redact_history(erased bigint[], why text, asked bigint, with_texts boolean)
RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    was_ignored text;
    companies bigint[];
    reach text[];
    names text[];
    mails text[];
    files bigint[];
    added uuid[];
    kept uuid[];
    kind_of_contact integer;
BEGIN
    IF coalesce(cardinality(erased), 0) = 0 OR why NOT IN ('request', 'retention', 'restore') THEN
        RAISE EXCEPTION 'Say whose history is redacted, and why.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM customers_contact WHERE id = ANY(erased) ORDER BY id FOR UPDATE;
    IF EXISTS (
        SELECT FROM unnest(erased) AS e(id) LEFT JOIN customers_contact c ON c.id = e.id
        WHERE c.id IS NULL OR c.archived_at IS NULL OR c.name NOT LIKE '% ' || c.id
            OR concat(c.job_title, c.phone, c.email, c.wechat, c.remark) <> ''
            OR c.birthday IS NOT NULL OR c.custom <> '{}'
    ) THEN
        RAISE EXCEPTION 'Only the history of erased contacts may be redacted.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF why = 'request' AND NOT EXISTS (
        SELECT FROM customers_personrequest r
        WHERE r.id = asked AND r.kind = 'delete' AND r.approved_by_id IS NOT NULL AND erased <@ r.contact_ids
    ) THEN
        RAISE EXCEPTION 'No approved request asks for this.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- the operations are sealed under this lock: none is sealed halfway
    PERFORM pg_advisory_xact_lock(7402026);

    SELECT array_agg(DISTINCT e.customer_id) INTO companies FROM customers_contactevent e
    WHERE e.pgh_obj_id = ANY(erased);
    -- what still belongs to somebody else is left alone elsewhere; the longest first, so that nothing is cut in half
    SELECT coalesce(array_agg(k.word ORDER BY length(k.word) DESC, k.word), '{}') INTO reach FROM (
        SELECT DISTINCT w.word FROM customers_contactevent e, LATERAL (VALUES
            (e.phone, e.phone), (e.phone, regexp_replace(e.phone, '^\\+86', '')),
            (e.phone, regexp_replace(e.phone, '^\\+86(1..)(....)(....)$', '\\1 \\2 \\3')),
            (e.email, e.email)) AS w(value, word)
        WHERE e.pgh_obj_id = ANY(erased) AND (w.word ~ '^[+]?[0-9][0-9 -]{5,24}$' OR w.word ~ '^[^@ ]+@[^@ ]+$')
            AND NOT EXISTS (SELECT FROM customers_contact o
                WHERE o.phone = w.value OR o.email = w.value OR o.wechat = w.value)
            AND NOT EXISTS (SELECT FROM customers_customer o WHERE o.phone = w.value OR o.email = w.value)
    ) k;
    -- only phones and e-mails are taken out everywhere; names and nicknames at the companies of the person
    SELECT coalesce(array_agg(k.name ORDER BY length(k.name) DESC, k.name), '{}') INTO names FROM (
        SELECT DISTINCT e.wechat AS name FROM customers_contactevent e
        WHERE e.pgh_obj_id = ANY(erased) AND length(e.wechat) >= 5
        UNION
        SELECT DISTINCT e.name FROM customers_contactevent e
        JOIN customers_contact c ON c.id = e.pgh_obj_id
        WHERE e.pgh_obj_id = ANY(erased) AND length(e.name) >= 2 AND e.name <> c.name
            AND NOT EXISTS (SELECT FROM customers_customer o
                WHERE o.id = ANY(companies) AND e.name IN (o.name, o.short_name))
    ) k;

    was_ignored := coalesce(current_setting('pgtrigger.ignore', true), '');
    PERFORM set_config('pgtrigger.ignore', '{TRIGGERS}', true);
    UPDATE customers_contactevent e SET name = c.name, job_title = '', phone = '', email = '', wechat = '',
        power = '', attitude = '', birthday = NULL, remark = '', custom = '{}'
    FROM customers_contact c WHERE c.id = e.pgh_obj_id AND e.pgh_obj_id = ANY(erased);
    UPDATE customers_consentevent SET evidence = '' WHERE contact_id = ANY(erased);
    SELECT coalesce(array_agg(DISTINCT m.message_id), '{}') INTO mails FROM customers_contactmailevent m
    WHERE m.contact_id = ANY(erased);
    UPDATE customers_contactmailevent SET subject = '***', body = '', why = '' WHERE contact_id = ANY(erased);
    UPDATE customers_activityevent SET content = '***' WHERE message_id = ANY(mails) AND message_id <> '';
    SELECT id INTO kind_of_contact FROM django_content_type WHERE app_label = 'customers' AND model = 'contact';
    SELECT coalesce(array_agg(DISTINCT f.pgh_obj_id), '{}') INTO files FROM crm_attachmentevent f
    WHERE f.content_type_id = kind_of_contact AND f.object_id = ANY(erased);
    UPDATE crm_attachmentevent SET name = '***', note = '' WHERE pgh_obj_id = ANY(files);
    -- an operation that adds a record names it before it has a number
    SELECT coalesce(array_agg(e.pgh_context_id), '{}') INTO added FROM customers_contactevent e
    WHERE e.pgh_obj_id = ANY(erased) AND e.pgh_label = 'insert';
    SELECT coalesce(array_agg(f.pgh_context_id), '{}') INTO kept FROM crm_attachmentevent f
    WHERE f.pgh_obj_id = ANY(files) AND f.pgh_label = 'insert';
    UPDATE customers_customerevent SET phone = CASE WHEN phone = ANY(reach) THEN '' ELSE phone END,
        email = CASE WHEN email = ANY(reach) THEN '' ELSE email END
    WHERE pgh_obj_id = ANY(companies) AND (phone = ANY(reach) OR email = ANY(reach));
    UPDATE customers_mergeevent SET before = privacy_without_in(before, reach),
        after = privacy_without_in(after, reach)
    WHERE (survivor_id = ANY(companies) OR loser_id = ANY(companies))
        AND (privacy_names(before::text, reach) OR privacy_names(after::text, reach));
    UPDATE customers_segmentevent SET conditions = privacy_without_in(conditions, reach)
    WHERE privacy_names(conditions::text, reach);

    -- what colleagues wrote is changed only where the person who carries the erasure out says so
    IF with_texts THEN
        UPDATE customers_activityevent SET content = privacy_without(content, reach || names),
            place = left(privacy_without(place, reach || names), 120)
        WHERE customer_id = ANY(companies) AND privacy_names(concat(content, ' ', place), reach || names);
        UPDATE customers_commentevent SET content = privacy_without(content, reach || names)
        WHERE customer_id = ANY(companies) AND privacy_names(content, reach || names);
        UPDATE customers_taskevent SET title = left(privacy_without(title, reach || names), 120),
            note = privacy_without(note, reach || names)
        WHERE customer_id = ANY(companies) AND privacy_names(concat(title, ' ', note), reach || names);
    END IF;

    INSERT INTO customers_tombstone (what, contact_id, made_at, because, request_id)
    SELECT 'erased', c.id, c.created_at, why, asked FROM customers_contact c WHERE c.id = ANY(erased)
        AND NOT EXISTS (SELECT FROM customers_tombstone t WHERE t.what = 'erased' AND t.contact_id = c.id);

    RETURN QUERY UPDATE crm_operation o
    SET subject_label = CASE
            WHEN o.subject_type = 'customers.contact' AND o.subject_id = ANY(erased)
                THEN (SELECT c.name FROM customers_contact c WHERE c.id = o.subject_id)
            WHEN o.subject_type = 'customers.contact' AND o.subject_id IS NULL AND o.context_id = ANY(added)
                OR o.subject_type = 'crm.attachment' AND (o.subject_id = ANY(files) OR o.context_id = ANY(kept))
                THEN '***'
            ELSE privacy_without(o.subject_label, reach) END,
        reason = left(privacy_without(o.reason,
            CASE WHEN o.anchor_id = ANY(companies) THEN reach || names ELSE reach END), 500),
        facts = privacy_without_in(o.facts,
            CASE WHEN o.anchor_id = ANY(companies) THEN reach || names ELSE reach END)
    WHERE (o.subject_type = 'customers.contact' AND o.subject_id = ANY(erased)
            AND o.subject_label <> (SELECT c.name FROM customers_contact c WHERE c.id = o.subject_id))
        OR (o.subject_type = 'customers.contact' AND o.subject_id IS NULL AND o.context_id = ANY(added)
            AND o.subject_label <> '***')
        OR (o.subject_type = 'crm.attachment' AND (o.subject_id = ANY(files) OR o.context_id = ANY(kept))
            AND o.subject_label <> '***')
        OR (o.anchor_id = ANY(companies) AND privacy_names(concat(o.reason, ' ', o.facts), reach || names))
        OR privacy_names(concat(o.subject_label, ' ', o.reason, ' ', o.facts), reach)
    RETURNING o.id;
    PERFORM set_config('pgtrigger.ignore', was_ignored, true);
END $$;

REVOKE ALL ON FUNCTION privacy_redact_history(bigint[], text, bigint, boolean) FROM PUBLIC;
""".replace("{TRIGGERS}", "{" + ",".join(TRIGGERS) + "}")

FORGET = """
DROP FUNCTION privacy_redact_history(bigint[], text, bigint, boolean);
DROP FUNCTION privacy_without_in(jsonb, text[]);
DROP FUNCTION privacy_names(text, text[]);
DROP FUNCTION privacy_without(text, text[]);
"""


def grant_new_rights(apps, schema_editor):
    """Standard roles get the rights that are new; what an administrator granted stays as it is."""
    roles = dict(apps.get_model("crm", "Role").objects.values_list("code", "pk"))
    grant = apps.get_model("crm", "Grant")
    grant.objects.bulk_create(
        [
            grant(role_id=roles[code], right=right, scope="all")
            for right, codes in NEW_RIGHTS.items()
            for code in codes
            if code in roles
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0002_customers_in_depth"),
        ("customers", "0004_cleaning"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(editable=False, max_length=32, unique=True, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "see the data"),
                            ("copy", "get a copy"),
                            ("correct", "correct the data"),
                            ("delete", "delete the data"),
                            ("explain", "explain an automated decision"),
                        ],
                        max_length=8,
                        verbose_name="wish",
                    ),
                ),
                ("person_name", models.CharField(max_length=80, verbose_name="name")),
                ("phone", models.CharField(blank=True, max_length=32, verbose_name="phone")),
                ("email", models.EmailField(blank=True, max_length=120, verbose_name="e-mail")),
                (
                    "matched_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="contacts the name or details fit",
                        size=None,
                    ),
                ),
                (
                    "contact_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="the contacts that are this person",
                        size=None,
                    ),
                ),
                ("wish", models.TextField(blank=True, max_length=2000, verbose_name="what exactly")),
                ("received_on", models.DateField(verbose_name="received on")),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("checked", "identity checked"),
                            ("approved", "approved"),
                            ("running", "being carried out"),
                            ("done", "done"),
                            ("refused", "refused"),
                        ],
                        default="new",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "identity_proof",
                    models.CharField(blank=True, max_length=200, verbose_name="how the identity was checked"),
                ),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(null=True)),
                ("answer", models.TextField(blank=True, max_length=2000, verbose_name="answer")),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.job"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "request of a person",
                "verbose_name_plural": "requests of persons",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PersonRequestEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.BigIntegerField()),
                ("number", models.CharField(editable=False, max_length=32, verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "see the data"),
                            ("copy", "get a copy"),
                            ("correct", "correct the data"),
                            ("delete", "delete the data"),
                            ("explain", "explain an automated decision"),
                        ],
                        max_length=8,
                        verbose_name="wish",
                    ),
                ),
                (
                    "matched_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="contacts the name or details fit",
                        size=None,
                    ),
                ),
                (
                    "contact_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="the contacts that are this person",
                        size=None,
                    ),
                ),
                ("received_on", models.DateField(verbose_name="received on")),
                ("due_on", models.DateField(verbose_name="due on")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("checked", "identity checked"),
                            ("approved", "approved"),
                            ("running", "being carried out"),
                            ("done", "done"),
                            ("refused", "refused"),
                        ],
                        default="new",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="crm.job",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="customers.personrequest",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(db_default=models.Func(function="gen_random_uuid"), unique=True)),
                ("what", models.CharField(choices=[("erased", "erased"), ("withdrawn", "withdrawn")], max_length=10)),
                ("contact_id", models.BigIntegerField()),
                (
                    "made_at",
                    models.DateTimeField(
                        help_text="when the contact was added: tells it from a later one with its number"
                    ),
                ),
                ("purpose", models.CharField(blank=True, db_default="", max_length=10)),
                ("channel", models.CharField(blank=True, db_default="", max_length=8)),
                ("because", models.CharField(blank=True, db_default="", help_text="request, retention", max_length=20)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "request",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tombstones",
                        to="customers.personrequest",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="personrequest",
            index=models.Index(
                condition=models.Q(("state__in", ["done", "refused"]), _negated=True),
                fields=["due_on"],
                name="person_request_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="personrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_on__gte", models.F("received_on"))), name="person_request_due_after"
            ),
        ),
        migrations.AddConstraint(
            model_name="personrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", None),
                    models.Q(
                        models.Q(("approved_by", models.F("opened_by")), _negated=True),
                        models.Q(("approved_by", models.F("checked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="person_request_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="personrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["running", "done"]), _negated=True),
                    models.Q(
                        ("approved_by__isnull", False),
                        ("closed_by__isnull", False),
                        models.Q(("closed_by", models.F("approved_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="person_request_third_person",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_personrequestevent" ("approved_by_id", "checked_by_id", "closed_at", "closed_by_id", "contact_ids", "due_on", "id", "job_id", "kind", "matched_ids", "number", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_on", "state") SELECT new_values."approved_by_id", new_values."checked_by_id", new_values."closed_at", new_values."closed_by_id", new_values."contact_ids", new_values."due_on", new_values."id", new_values."job_id", new_values."kind", new_values."matched_ids", new_values."number", new_values."opened_at", new_values."opened_by_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."received_on", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="7683021051c86a95533e0ffe34f8efffa0979bab",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_15686",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="customers_personrequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='EXECUTE $event$ WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_personrequestevent" ("approved_by_id", "checked_by_id", "closed_at", "closed_by_id", "contact_ids", "due_on", "id", "job_id", "kind", "matched_ids", "number", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_on", "state") SELECT new_values."approved_by_id", new_values."checked_by_id", new_values."closed_at", new_values."closed_by_id", new_values."contact_ids", new_values."due_on", new_values."id", new_values."job_id", new_values."kind", new_values."matched_ids", new_values."number", new_values."opened_at", new_values."opened_by_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."received_on", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."approved_by_id" IS DISTINCT FROM (new_values."approved_by_id") OR old_values."checked_by_id" IS DISTINCT FROM (new_values."checked_by_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."closed_by_id" IS DISTINCT FROM (new_values."closed_by_id") OR old_values."contact_ids" IS DISTINCT FROM (new_values."contact_ids") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."job_id" IS DISTINCT FROM (new_values."job_id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."matched_ids" IS DISTINCT FROM (new_values."matched_ids") OR old_values."number" IS DISTINCT FROM (new_values."number") OR old_values."opened_at" IS DISTINCT FROM (new_values."opened_at") OR old_values."opened_by_id" IS DISTINCT FROM (new_values."opened_by_id") OR old_values."received_on" IS DISTINCT FROM (new_values."received_on") OR old_values."state" IS DISTINCT FROM (new_values."state")) ) AS new_values, _pgh_attached_context $event$; RETURN NULL;',
                    hash="f2e779590e57dcff5838f7ab63c90f7214861a42",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_3355a",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="customers_personrequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "customers_personrequestevent" ("approved_by_id", "checked_by_id", "closed_at", "closed_by_id", "contact_ids", "due_on", "id", "job_id", "kind", "matched_ids", "number", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "received_on", "state") SELECT old_values."approved_by_id", old_values."checked_by_id", old_values."closed_at", old_values."closed_by_id", old_values."contact_ids", old_values."due_on", old_values."id", old_values."job_id", old_values."kind", old_values."matched_ids", old_values."number", old_values."opened_at", old_values."opened_by_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."received_on", old_values."state" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="904983b857d6d7469bec191c3baf722f59fd7a97",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_898b6",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="customers_personrequest",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personrequestevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="43de6914837200f2cd021117d942d8cf37e4742d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e628c",
                    table="customers_personrequestevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="tombstone",
            index=models.Index(fields=["contact_id"], name="tombstone_of_contact"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tombstone",
            trigger=pgtrigger.compiler.Trigger(
                name="tombstone_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="0caea206361470508f461ab4bed29c65d120f1c0",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_tombstone_append_only_9214e",
                    table="customers_tombstone",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(REDACTION, FORGET),
        migrations.RunPython(grant_new_rights, migrations.RunPython.noop),
    ]
