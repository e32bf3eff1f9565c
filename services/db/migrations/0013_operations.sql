-- Running it for real: keys that are changed while everything runs.

-- A new key is first known to every process, then sealed with.
ALTER TABLE keyring ADD COLUMN in_force_at timestamptz DEFAULT now();
ALTER TABLE keyring ALTER COLUMN in_force_at DROP DEFAULT;

CREATE TABLE key_rotations (
    key_id       integer PRIMARY KEY,             -- of the ring: what everything is sealed with anew
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz
);
CREATE UNIQUE INDEX key_rotations_open ON key_rotations ((finished_at IS NULL))
    WHERE finished_at IS NULL;

-- How far a rotation is in each sealed column, so that one that was killed goes on.
CREATE TABLE key_rotation_steps (
    key_id    integer NOT NULL REFERENCES key_rotations,
    place     text NOT NULL,                      -- table.column
    after     text,                               -- key of the last row seen; null: begin anew
    found     bigint NOT NULL DEFAULT 0,          -- by the present walk, under another key
    resealed  bigint NOT NULL DEFAULT 0,
    clean     boolean NOT NULL DEFAULT false,     -- a whole walk found nothing under another key
    PRIMARY KEY (key_id, place)
);

-- Append-only, but for the eraser, which empties `personal`, and for sealing the same words anew.
CREATE OR REPLACE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'personal' = to_jsonb(OLD) - 'personal'
       AND (NEW.personal IS NULL OR (OLD.personal IS NOT NULL
            AND current_setting('gateway.resealing', true) = 'on')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'case_events is append-only';
END $$;
