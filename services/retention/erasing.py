"""Erasing cases that are over: figures stay, nothing leads back to the person or their words."""

from services.db.query import Query

# The case stays as a figure: kind, state, category, municipality, times. What a back end calls it
# would lead to the person there. That it was erased is noted, so that it can be done again after
# a backup was restored.
ERASE_CASES = Query(
    int,
    """WITH gone AS (
        UPDATE cases SET personal = NULL, phone_key = NULL, latitude = NULL, longitude = NULL,
            erased_at = $2
        WHERE id = ANY ($1::uuid[]) AND final AND personal IS NOT NULL RETURNING id
    ), noted AS (
        INSERT INTO acts (id, who, what, subject, at)
        SELECT gen_random_uuid(), $3::text, 'case erased', id::text, $2 FROM gone
    ), no_words AS (
        UPDATE case_events SET personal = NULL
        WHERE case_id IN (SELECT id FROM gone) AND personal IS NOT NULL
    ), unsaid AS (
        UPDATE deliveries SET personal = NULL, state = 'expired', settled_at = $2
        WHERE case_id IN (SELECT id FROM gone) AND state IN ('dead', 'parked')
    ), unnamed AS (
        UPDATE identities SET personal = NULL WHERE case_id IN (SELECT id FROM gone)
    ), no_child AS (
        UPDATE enrolments SET child_key = '', bundle = NULL
        WHERE case_id IN (SELECT id FROM gone)
    ), no_patient AS (
        UPDATE appointments SET patient_key = '', active = false
        WHERE case_id IN (SELECT id FROM gone)
    ), no_files AS (
        UPDATE files SET state = 'dropped', personal = NULL, leased_until = NULL
        WHERE case_id IN (SELECT id FROM gone) AND state NOT IN ('dropped', 'gone')
    ), not_there AS (
        UPDATE backend_cases SET external_id = NULL WHERE case_id IN (SELECT id FROM gone)
    ), not_compared AS (
        UPDATE reconciliation_items SET external_id = NULL
        WHERE case_id IN (SELECT id FROM gone)
    ), not_told AS (
        DELETE FROM case_updates WHERE case_id IN (SELECT id FROM gone)
    )
    SELECT count(*) FROM gone""",
)
