"""The place in a line as SQL, the same wherever it is shown."""

GROUP_PLACE = """nullif((SELECT count(*)::integer FROM enrolments w
        WHERE n.holds = 'waiting' AND w.group_id = n.group_id AND w.holds = 'waiting'
            AND (w.rank, w.waits_since, w.case_id) <= (n.rank, n.waits_since, n.case_id)), 0)"""
"""Of the enrolment `n`; null for one that does not wait."""

CLINIC_PLACE = """nullif((SELECT count(*)::integer FROM appointments w
        WHERE t.waits AND w.clinic_id = t.clinic_id AND w.speciality = t.speciality AND w.waits
            AND (w.waits_since, w.case_id) <= (t.waits_since, t.case_id)), 0)"""
"""Of the appointment `t`; null for one that does not wait."""
