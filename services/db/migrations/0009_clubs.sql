-- Clubs: programmes, groups with their places, children, enrolments and the waiting list.

CREATE TABLE programmes (
    id             integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    code           text NOT NULL UNIQUE,
    department_id  integer NOT NULL REFERENCES departments,
    title          text NOT NULL,
    direction      text NOT NULL,
    description    text NOT NULL DEFAULT '',
    municipality   text,
    address        text NOT NULL DEFAULT '',
    active         boolean NOT NULL DEFAULT true,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX programmes_place ON programmes (left(municipality, 8)) WHERE active;

-- `places` is the capacity, or after the organiser made that smaller what is in use, sinking as
-- places are freed: nobody is thrown out.
CREATE TABLE groups (
    id                integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    code              text NOT NULL UNIQUE,
    programme_id      integer NOT NULL REFERENCES programmes,
    title             text NOT NULL,
    capacity          integer NOT NULL CHECK (capacity >= 0),
    places            integer NOT NULL,
    taken             integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    offered           integer NOT NULL DEFAULT 0 CHECK (offered >= 0),
    waiting           integer NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    waiting_capacity  integer NOT NULL CHECK (waiting_capacity >= 0),
    age_from          integer NOT NULL,
    age_to            integer NOT NULL,
    age_on            date NOT NULL,
    starts_on         date NOT NULL,
    ends_on           date NOT NULL,
    schedule          text NOT NULL DEFAULT '',
    enrol_from        timestamptz NOT NULL,
    enrol_until       timestamptz NOT NULL,
    entrance_test     boolean NOT NULL DEFAULT false,
    priorities        jsonb NOT NULL DEFAULT '[]',
    offer_minutes     integer NOT NULL DEFAULT 2880 CHECK (offer_minutes > 0),
    closed_at         timestamptz,
    active            boolean NOT NULL DEFAULT true,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CHECK (taken + offered <= places),
    CHECK (places >= capacity),
    CHECK (age_from <= age_to),
    CHECK (starts_on <= ends_on)
) WITH (fillfactor = 70);
CREATE INDEX groups_programme ON groups (programme_id);
CREATE INDEX groups_to_offer ON groups (id)
    WHERE waiting > 0 AND taken + offered < places AND closed_at IS NULL;

-- A child whom a resident has named on the pages of one operator.
CREATE TABLE children (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES accounts,
    operator_id  integer NOT NULL REFERENCES operators,
    child_key    bytea NOT NULL,
    personal     bytea,
    used_at      timestamptz NOT NULL,
    UNIQUE (account_id, child_key)
);

-- What an enrolment holds of its group is said by its state; `holds` repeats it for the indexes.
CREATE TABLE enrolments (
    case_id      uuid PRIMARY KEY REFERENCES cases,
    group_id     integer NOT NULL REFERENCES groups,
    child_key    bytea NOT NULL,
    bundle       uuid,
    holds        text CHECK (holds IN ('taken', 'offered', 'waiting')),
    priority     text,
    rank         integer NOT NULL DEFAULT 1000,
    waits_since  timestamptz,
    offer_until  timestamptz
);
CREATE UNIQUE INDEX enrolments_once ON enrolments (group_id, child_key) WHERE holds IS NOT NULL;
CREATE INDEX enrolments_waiting ON enrolments (group_id, rank, waits_since, case_id)
    WHERE holds = 'waiting';
CREATE INDEX enrolments_group ON enrolments (group_id) WHERE holds IS NOT NULL;
CREATE INDEX enrolments_bundle ON enrolments (bundle) WHERE bundle IS NOT NULL;
CREATE INDEX enrolments_offers ON enrolments (offer_until) WHERE holds = 'offered';

-- Why somebody in the line was passed over; both sides can read it.
CREATE TABLE passed_over (
    case_id  uuid NOT NULL REFERENCES enrolments,
    at       timestamptz NOT NULL,
    why      text NOT NULL,
    PRIMARY KEY (case_id, at)
);
