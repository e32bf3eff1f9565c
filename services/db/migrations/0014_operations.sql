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

-- What was done to the house itself: by whom, to what, and the hash of the row as it then was, its
-- sealed values included. Never a value.
CREATE TABLE acts (
    id           uuid PRIMARY KEY,
    who          text NOT NULL,                   -- role:key, or command:account
    actor        text,                            -- the person there, as claimed
    what         text NOT NULL,                   -- table and change, or what a command did
    subject      text NOT NULL,
    columns      text[] NOT NULL DEFAULT '{}',    -- that changed
    fingerprint  bytea,
    at           timestamptz NOT NULL
);
CREATE INDEX acts_at ON acts (at, id);

CREATE FUNCTION note_act() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := '{}';
    after jsonb := '{}';
    changed text[];
BEGIN
    IF current_setting('gateway.resealing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW); END IF;
    -- What the gateway itself writes at every use or look is no act.
    SELECT coalesce(array_agg(key ORDER BY key), '{}') INTO changed
        FROM jsonb_object_keys(before || after) AS key
        WHERE before -> key IS DISTINCT FROM after -> key AND key NOT IN (
            'updated_at', 'last_used_at', 'last_event_at', 'confirmation', 'paused_at');
    IF changed <> '{}' THEN
        INSERT INTO acts (id, who, actor, what, subject, columns, fingerprint, at) VALUES (
            gen_random_uuid(),
            coalesce(nullif(current_setting('gateway.who', true), ''), 'gateway'),
            nullif(current_setting('gateway.actor', true), ''),
            TG_TABLE_NAME || ' ' || lower(TG_OP),
            coalesce((before || after) ->> 'code', (before || after) ->> 'group_id',
                     (before || after) ->> 'id', (before || after) ->> 'department_id',
                     (before || after) ->> 'kind'),
            CASE TG_OP WHEN 'UPDATE' THEN changed ELSE '{}' END,
            sha256(convert_to((CASE TG_OP WHEN 'DELETE' THEN before ELSE after END)::text, 'UTF8')),
            clock_timestamp());
    END IF;
    RETURN NULL;
END $$;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['keyring', 'operators', 'departments', 'communities', 'categories',
                                'routes', 'consent_documents', 'api_keys', 'webhooks', 'backends'
                                ] LOOP
        EXECUTE format('CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION note_act()', name);
    END LOOP;
END $$;

-- Notes that are not in the chain yet: a worker chains them, so that who reads waits for nobody.
CREATE TABLE audit_waiting (
    kind  text NOT NULL CHECK (kind IN ('read', 'act')),
    id    uuid NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Each link is a keyed hash over the one before and what is noted: with the database alone nobody
-- can make a chain that fits a changed note.
CREATE TABLE audit_chain (
    seq     bigint PRIMARY KEY,
    kind    text NOT NULL,
    id      uuid NOT NULL,
    digest  bytea NOT NULL,
    link    bytea NOT NULL,
    UNIQUE (kind, id)
);

CREATE FUNCTION await_chaining() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_waiting (kind, id) SELECT TG_ARGV[0], id FROM noted;
    RETURN NULL;
END $$;
CREATE TRIGGER await_chaining AFTER INSERT ON reads REFERENCING NEW TABLE AS noted
    FOR EACH STATEMENT EXECUTE FUNCTION await_chaining('read');
CREATE TRIGGER await_chaining AFTER INSERT ON acts REFERENCING NEW TABLE AS noted
    FOR EACH STATEMENT EXECUTE FUNCTION await_chaining('act');
INSERT INTO audit_waiting (kind, id) SELECT 'read', id FROM reads;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON acts
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON reads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON acts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How long what is kept; `least` is what the law asks for at least.
CREATE TABLE retention_terms (
    kind        text PRIMARY KEY,
    keep        interval NOT NULL,
    least       interval NOT NULL DEFAULT '0',
    why         text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (keep >= least)
);
INSERT INTO retention_terms (kind, keep, least, why) VALUES
    ('appeal', '5 years', '5 years', 'words, files and contacts, since the case is over'),
    ('enrolment', '3 years', '0', 'the same of an enrolment: while it can be disputed'),
    ('appointment', '3 years', '0', 'the same of an appointment'),
    ('erasure', '0', '0', 'what a resident asked to erase, since the case is over'),
    ('erased_case', '30 days', '0', 'an erased case in the list of its resident, since its erasure'),
    ('consent', '3 years', '3 years', 'proof of a consent, since it was withdrawn'),
    ('child', '1 year', '0', 'a child that is offered by name, since it was last chosen'),
    ('account', '1 day', '0', 'a resident without consent, case or dialogue'),
    ('draft', '0', '0', 'an unfinished form, since it expired'),
    ('draft_file', '0', '0', 'files of a draft that is gone'),
    ('file', '2 days', '2 days', 'the row of a file without content: it counts for its day'),
    ('event', '30 days', '1 day', 'ids of what came from VK'),
    ('failed_event', '90 days', '1 day', 'ids of what could not be taken, and why'),
    ('delivery', '30 days', '1 day', 'messages of the dialogue that were settled, without words'),
    ('dead_delivery', '30 days', '1 day', 'words that could not be delivered, sealed');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON retention_terms
    FOR EACH ROW EXECUTE FUNCTION note_act();

ALTER TABLE accounts ADD COLUMN erase_asked_at timestamptz;
CREATE INDEX accounts_erasing ON accounts (erase_asked_at) WHERE erase_asked_at IS NOT NULL;
ALTER TABLE cases ADD COLUMN erased_at timestamptz;
CREATE INDEX cases_over ON cases (kind, updated_at) WHERE final AND personal IS NOT NULL;
CREATE INDEX cases_erased ON cases (erased_at) WHERE erased_at IS NOT NULL AND account_id IS NOT NULL;
CREATE INDEX consents_withdrawn ON consents (at) WHERE action = 'withdrawn';

-- A link to a page with everything that is stored of a resident; only the hash of its token is kept.
CREATE TABLE data_links (
    hash        bytea PRIMARY KEY,                -- SHA-256 of the token
    account_id  uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    until       timestamptz NOT NULL
);
CREATE INDEX data_links_account ON data_links (account_id);
INSERT INTO retention_terms (kind, keep, why) VALUES
    ('data_link', '0', 'a link to «Мои данные», since it expired');
