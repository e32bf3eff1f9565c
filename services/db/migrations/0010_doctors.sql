-- Doctors: clinics, practitioners, slots, appointments and their waiting list.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE clinics (
    id                    integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    code                  text NOT NULL UNIQUE,
    department_id         integer NOT NULL REFERENCES departments,
    title                 text NOT NULL,
    address               text NOT NULL DEFAULT '',
    phone                 text NOT NULL DEFAULT '',
    municipality          text,
    cancel_until_minutes  integer NOT NULL DEFAULT 60 CHECK (cancel_until_minutes >= 0),
    hold_seconds          integer NOT NULL DEFAULT 300 CHECK (hold_seconds > 0),
    offer_minutes         integer NOT NULL DEFAULT 120 CHECK (offer_minutes > 0),
    no_show_limit         integer CHECK (no_show_limit > 0),
    active                boolean NOT NULL DEFAULT true,
    updated_at            timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE practitioners (
    id              integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    code            text NOT NULL UNIQUE,
    clinic_id       integer NOT NULL REFERENCES clinics,
    name            text NOT NULL,
    speciality      text NOT NULL,
    room            text NOT NULL DEFAULT '',
    needs_referral  boolean NOT NULL DEFAULT false,
    active          boolean NOT NULL DEFAULT true,
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX practitioners_clinic ON practitioners (clinic_id, speciality);

-- A slot is the clinic's; who has it is said by `case_id`. One that is made or freed is first
-- `unreleased`: the waiting list has its turn before the public sees it.
CREATE TABLE slots (
    id               uuid PRIMARY KEY,
    practitioner_id  integer NOT NULL REFERENCES practitioners,
    starts_at        timestamptz NOT NULL,
    ends_at          timestamptz NOT NULL,
    state            text NOT NULL DEFAULT 'unreleased'
                     CHECK (state IN ('unreleased', 'free', 'held', 'offered', 'booked', 'closed')),
    release_at       timestamptz NOT NULL,
    held_by          uuid,
    held_until       timestamptz,
    -- Deferred: of those who come at once only the one who got the slot files a case.
    case_id          uuid REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    CHECK (starts_at < ends_at),
    CHECK ((state IN ('offered', 'booked')) = (case_id IS NOT NULL)),
    CHECK ((state = 'held') = (held_by IS NOT NULL AND held_until IS NOT NULL)),
    UNIQUE (practitioner_id, starts_at)
) WITH (fillfactor = 70);
CREATE INDEX slots_free ON slots (practitioner_id, starts_at) WHERE state IN ('free', 'held');
CREATE INDEX slots_to_release ON slots (release_at) WHERE state = 'unreleased';
CREATE INDEX slots_held ON slots (held_until) WHERE state = 'held';
CREATE INDEX slots_holder ON slots (held_by) WHERE state = 'held';
CREATE INDEX slots_case ON slots (case_id) WHERE case_id IS NOT NULL;

-- One patient: one appointment of a speciality, and none at overlapping times, while `active`.
CREATE TABLE appointments (
    case_id          uuid PRIMARY KEY REFERENCES cases,
    clinic_id        integer NOT NULL REFERENCES clinics,
    practitioner_id  integer REFERENCES practitioners,  -- of a wish: only this one
    speciality       text NOT NULL,
    patient_key      bytea NOT NULL,
    slot_id          uuid REFERENCES slots,
    starts_at        timestamptz,
    ends_at          timestamptz,
    active           boolean NOT NULL,
    waits            boolean NOT NULL,
    days             smallint[],                        -- of a wish: 1 is Monday
    hour_from        time,
    hour_to          time,
    waits_since      timestamptz,
    offer_until      timestamptz,
    disputed         boolean NOT NULL DEFAULT false,
    reminded         smallint NOT NULL DEFAULT 0,       -- 1: the day before, 2: two hours before
    CHECK (NOT active OR (starts_at IS NOT NULL AND ends_at IS NOT NULL)),
    CONSTRAINT same_speciality EXCLUDE USING gist (patient_key WITH =, speciality WITH =)
        WHERE (active),
    CONSTRAINT overlapping EXCLUDE USING gist
        (patient_key WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (active)
);
CREATE UNIQUE INDEX appointments_waits ON appointments (clinic_id, speciality, patient_key)
    WHERE waits;
CREATE INDEX appointments_line ON appointments (clinic_id, speciality, waits_since, case_id)
    WHERE waits;
CREATE INDEX appointments_offers ON appointments (offer_until) WHERE offer_until IS NOT NULL;
CREATE INDEX appointments_ended ON appointments (ends_at) WHERE active;
CREATE INDEX appointments_to_remind ON appointments (starts_at) WHERE active AND reminded < 2;
CREATE INDEX appointments_patient ON appointments (patient_key) WHERE active;
