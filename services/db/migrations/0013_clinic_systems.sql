-- Clinics whose own system (MIS) is the master of its slots: what it calls them, what it agreed to.
ALTER TABLE slots ADD COLUMN external_id text;

-- Somebody had it and let it go: at night it waits for the morning even if nobody waits for it.
ALTER TABLE slots ADD COLUMN freed_at timestamptz;

-- Another time that was asked for; the present one stays until the clinic's system agrees.
ALTER TABLE appointments ADD COLUMN wanted_slot_id uuid REFERENCES slots;

-- What the clinic's system has of a case, and when it is to be spoken to about it.
CREATE TABLE clinic_agreements (
    case_id        uuid PRIMARY KEY REFERENCES cases,
    department_id  integer NOT NULL REFERENCES departments,
    agreed_at      timestamptz,
    next_at        timestamptz,               -- null: both sides have the same
    tries          smallint NOT NULL DEFAULT 0,
    error          text,
    leased_until   timestamptz
);
CREATE INDEX clinic_agreements_due ON clinic_agreements (next_at) WHERE next_at IS NOT NULL;
