-- Cases, their assignments and events, the outbox, and notes of reads.

CREATE SEQUENCE case_sequence;

CREATE TABLE cases (
    id                uuid PRIMARY KEY,
    number            text NOT NULL UNIQUE,
    kind              text NOT NULL CHECK (kind IN ('appeal', 'enrolment', 'appointment')),
    state             text NOT NULL,
    version           integer NOT NULL DEFAULT 1,
    operator_id       integer NOT NULL REFERENCES operators,
    community_id      integer REFERENCES communities,
    account_id        uuid REFERENCES accounts,
    department_id     integer REFERENCES departments,
    complained_about  integer REFERENCES departments,
    category          text REFERENCES categories,
    topic             text REFERENCES categories,
    municipality      text,
    latitude          real,                       -- rounded to 500 m
    longitude         real,
    legal_kind        text CHECK (legal_kind IN ('message', 'appeal_59fz')),
    identity_level    text CHECK (identity_level IN ('social', 'verified')),
    subject           text NOT NULL,
    urgent            boolean NOT NULL DEFAULT false,
    tags              text[] NOT NULL DEFAULT '{}',
    rules_matched     integer[] NOT NULL DEFAULT '{}',  -- word rules that fitted the text when filed
    phone_key         bytea,
    due_at            timestamptz,
    due_rule          text,
    due_calendar      text,
    final             boolean NOT NULL DEFAULT false,
    personal          bytea,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL
);
CREATE INDEX cases_created ON cases (created_at, id);
CREATE INDEX cases_updated ON cases (updated_at, id);
CREATE INDEX cases_account ON cases (account_id, created_at) WHERE account_id IS NOT NULL;
CREATE INDEX cases_phone ON cases (phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX cases_due ON cases (due_at) WHERE NOT final;

CREATE TABLE assignments (
    id             uuid PRIMARY KEY,
    case_id        uuid NOT NULL REFERENCES cases,
    department_id  integer NOT NULL REFERENCES departments,
    kind           text NOT NULL,
    state          text NOT NULL,
    version        integer NOT NULL DEFAULT 1,
    urgent         boolean NOT NULL DEFAULT false,
    workable       boolean NOT NULL,              -- the state is work that can be claimed
    due_at         timestamptz,
    due_rule       text,
    due_calendar   text,
    answered_at    timestamptz,
    leased_until   timestamptz,
    leased_by      text,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    UNIQUE (case_id, department_id)
);
CREATE INDEX assignments_queue ON assignments (department_id, urgent DESC, created_at, id) WHERE workable;
CREATE INDEX assignments_created ON assignments (department_id, created_at, case_id);
CREATE INDEX assignments_updated ON assignments (department_id, updated_at, case_id);
CREATE INDEX assignments_answered ON assignments (answered_at) WHERE state = 'answered';

CREATE TABLE case_events (
    id             uuid PRIMARY KEY,
    case_id        uuid NOT NULL REFERENCES cases,
    seq            bigint GENERATED ALWAYS AS IDENTITY,
    type           text NOT NULL,
    by             text NOT NULL CHECK (by IN ('department', 'admin', 'resident', 'gateway')),
    actor          text,
    department_id  integer REFERENCES departments,
    source         text,
    target         text,
    reason         text,
    delivery_id    uuid,
    personal       bytea,
    at             timestamptz NOT NULL
);
CREATE INDEX case_events_case ON case_events (case_id, seq);

-- Append-only, but for the eraser, which empties `personal` and nothing else.
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.personal IS NULL
       AND to_jsonb(NEW) - 'personal' = to_jsonb(OLD) - 'personal' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'case_events is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON case_events
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();

-- The outbox: everything that must leave the gateway.
CREATE TABLE deliveries (
    id             uuid PRIMARY KEY,
    seq            bigint GENERATED ALWAYS AS IDENTITY,
    kind           text NOT NULL CHECK (kind IN ('message', 'hand_off')),
    state          text NOT NULL DEFAULT 'waiting'
                   CHECK (state IN ('waiting', 'leased', 'sent', 'parked', 'dead', 'expired')),
    type           text NOT NULL,                 -- step, notice …; of a hand-off: the webhook's type
    community_id   integer,                       -- no foreign keys on the chat's hot path
    account_id     uuid,
    department_id  integer REFERENCES departments,
    case_id        uuid REFERENCES cases,
    random_id      integer,
    attempts       integer NOT NULL DEFAULT 0,
    next_at        timestamptz NOT NULL,
    leased_until   timestamptz,
    useful_until   timestamptz,
    error          text,
    called_at      timestamptz,                   -- told by phone instead
    personal       bytea,
    created_at     timestamptz NOT NULL,
    settled_at     timestamptz,
    -- a test of the address is about no case
    CHECK (kind <> 'hand_off'
        OR (department_id IS NOT NULL AND (case_id IS NOT NULL OR type = 'webhook.test'))),
    -- without an account a message waits, parked, for somebody to phone
    CHECK (kind <> 'message' OR random_id IS NOT NULL),
    CHECK (kind <> 'message' OR account_id IS NOT NULL OR state NOT IN ('waiting', 'leased'))
);
-- Only a person's oldest unsettled delivery may leave.
CREATE INDEX deliveries_person ON deliveries (account_id, seq)
    WHERE kind = 'message' AND state IN ('waiting', 'leased');
CREATE INDEX deliveries_page ON deliveries (community_id, seq)
    WHERE kind = 'message' AND state IN ('waiting', 'leased');
CREATE INDEX deliveries_parked ON deliveries (account_id) WHERE state = 'parked';
CREATE INDEX deliveries_back_end ON deliveries (department_id, seq)
    WHERE kind = 'hand_off' AND state IN ('waiting', 'leased');
CREATE INDEX deliveries_lost ON deliveries (state, seq) WHERE state IN ('dead', 'expired', 'parked');
CREATE INDEX deliveries_case ON deliveries (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX deliveries_random ON deliveries (account_id, random_id) WHERE kind = 'message';

-- Who looked at whose personal data, when and why.
CREATE TABLE reads (
    id          uuid PRIMARY KEY,
    case_id     uuid,
    account_id  uuid,
    who         text NOT NULL,
    actor       text,
    why         text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reads_case ON reads (case_id, at);
CREATE INDEX reads_account ON reads (account_id, at) WHERE account_id IS NOT NULL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE INDEX deliveries_age ON deliveries USING brin (created_at);
CREATE INDEX deliveries_to_call ON deliveries (case_id) WHERE state = 'parked' AND called_at IS NULL;
