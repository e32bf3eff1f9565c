-- Several departments, legal clocks, back ends that are described, and what they report.

ALTER TABLE cases ADD COLUMN from_case uuid REFERENCES cases;
CREATE UNIQUE INDEX cases_from ON cases (from_case) WHERE from_case IS NOT NULL;

-- Every deadline, with the rule and the calendar that made it. The columns `due_*` of cases and
-- assignments repeat the one that an answer waits for, so that lists can be ordered by it.
CREATE TABLE clocks (
    id               uuid PRIMARY KEY,
    case_id          uuid NOT NULL REFERENCES cases,
    assignment_id    uuid REFERENCES assignments,  -- null: of a case that no department has yet
    name             text NOT NULL,
    rule             text NOT NULL,
    calendar         text NOT NULL,
    starts_at        timestamptz NOT NULL,
    due_at           timestamptz NOT NULL,
    paused_at        timestamptz,
    ended_at         timestamptz,
    warnings         smallint NOT NULL DEFAULT 0,  -- how many were given
    next_warning_at  timestamptz                   -- null: no more
) WITH (fillfactor = 80);
CREATE INDEX clocks_case ON clocks (case_id);
CREATE UNIQUE INDEX clocks_running ON clocks (case_id, assignment_id, name) NULLS NOT DISTINCT
    WHERE ended_at IS NULL;
CREATE INDEX clocks_warnings ON clocks (next_warning_at)
    WHERE ended_at IS NULL AND paused_at IS NULL AND next_warning_at IS NOT NULL;

INSERT INTO clocks (id, case_id, assignment_id, name, rule, calendar, starts_at, due_at, ended_at)
SELECT gen_random_uuid(), a.case_id, a.id, 'answer', a.due_rule, a.due_calendar, a.created_at,
    a.due_at,
    CASE WHEN a.state IN ('answered', 'closed', 'refused', 'returned', 'withdrawn')
        THEN coalesce(a.answered_at, a.updated_at) END
FROM assignments a
WHERE a.kind = 'appeal' AND a.due_at IS NOT NULL AND a.due_rule IS NOT NULL
    AND a.due_calendar IS NOT NULL;

-- A back end that is described by data. What authorises a call is sealed.
CREATE TABLE backends (
    department_id  integer PRIMARY KEY REFERENCES departments,
    type           text NOT NULL,
    url            text NOT NULL,
    description    jsonb NOT NULL,
    secret         bytea,
    updated_at     timestamptz NOT NULL DEFAULT now()
);

-- A case as its department's back end has it: what it is called there, and when to ask again.
CREATE TABLE backend_cases (
    assignment_id  uuid PRIMARY KEY REFERENCES assignments,
    case_id        uuid NOT NULL REFERENCES cases,
    department_id  integer NOT NULL REFERENCES departments,
    external_id    text,
    sequence       bigint,                 -- of the newest report
    state          text,                   -- as last reported, in our words
    taken_at       timestamptz,
    poll_at        timestamptz,            -- null: not asked, it reports by itself or is done
    polls          integer NOT NULL DEFAULT 0,    -- since the last news
    leased_until   timestamptz,
    error          text
);
CREATE INDEX backend_cases_poll ON backend_cases (poll_at) WHERE poll_at IS NOT NULL;
CREATE INDEX backend_cases_department ON backend_cases (department_id, case_id);

-- What back ends reported, each once; what the table of states forbids is kept and shown.
CREATE TABLE case_updates (
    id             uuid PRIMARY KEY,
    case_id        uuid NOT NULL REFERENCES cases,
    department_id  integer NOT NULL REFERENCES departments,
    external_id    text NOT NULL,
    sequence       bigint NOT NULL,
    state          text NOT NULL,
    at             timestamptz NOT NULL,
    applied        boolean NOT NULL,
    why            text,
    received_at    timestamptz NOT NULL,
    UNIQUE (case_id, department_id, external_id, sequence)
);

CREATE TABLE reconciliations (
    id             uuid PRIMARY KEY,
    department_id  integer NOT NULL REFERENCES departments,
    state          text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    error          text,
    asked_at       timestamptz NOT NULL,
    started_at     timestamptz,
    finished_at    timestamptz
);
CREATE UNIQUE INDEX reconciliations_open ON reconciliations (department_id)
    WHERE state IN ('waiting', 'running');
CREATE INDEX reconciliations_department ON reconciliations (department_id, asked_at);

CREATE TABLE reconciliation_items (
    reconciliation_id  uuid NOT NULL REFERENCES reconciliations ON DELETE CASCADE,
    position           integer NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'state_differs')),
    case_id            uuid REFERENCES cases,
    external_id        text,
    state_here         text,
    state_there        text,
    repaired           boolean NOT NULL,
    PRIMARY KEY (reconciliation_id, position)
);

-- Who a resident is, as a provider of identities vouched for it.
CREATE TABLE identities (
    case_id      uuid PRIMARY KEY REFERENCES cases,
    operator_id  integer NOT NULL REFERENCES operators,
    provider     text NOT NULL,
    personal     bytea,                    -- full name and the address of the reply
    verified_at  timestamptz NOT NULL
);
