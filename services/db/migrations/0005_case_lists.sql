-- What lists and searches of cases are narrowed by: each filter is walked in the list's order, so
-- that a page costs the same however many cases there are.

CREATE INDEX cases_state ON cases (state, created_at, id);
CREATE INDEX cases_community ON cases (community_id, created_at, id);
CREATE INDEX cases_category ON cases (category, created_at, id);
CREATE INDEX cases_topic ON cases (topic, created_at, id);
-- Not partial: only so are the values of the expression counted for the planner.
CREATE INDEX cases_municipality ON cases (left(municipality, 8), created_at, id);
CREATE INDEX cases_tags ON cases USING gin (tags) WITH (fastupdate = off);
CREATE INDEX assignments_state ON assignments (department_id, state, created_at, case_id);
-- What can be overdue; the states left out are those that `overdue` leaves out.
CREATE INDEX assignments_due ON assignments (department_id, due_at)
    WHERE state NOT IN (
        'answered', 'attended', 'cancelled', 'closed', 'completed', 'declined', 'expired',
        'forwarded', 'left', 'refused', 'rejected', 'returned', 'withdrawn');
