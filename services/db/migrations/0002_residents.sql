-- Residents, their consents and dialogues, and the inbox.

-- A VK id is personal data: the keyed hash finds the account, the sealed value answers the person.
CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    operator_id   integer NOT NULL REFERENCES operators,
    channel       text NOT NULL,
    user_key      bytea NOT NULL,
    user_sealed   bytea NOT NULL,
    writable      boolean NOT NULL DEFAULT true,  -- false: the resident told VK not to be written to
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (operator_id, channel, user_key)
);
CREATE INDEX accounts_age ON accounts (created_at);

CREATE TABLE consents (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES accounts,
    document_id  integer NOT NULL REFERENCES consent_documents,
    action       text NOT NULL CHECK (action IN ('given', 'withdrawn')),
    event_id     text NOT NULL,
    at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX consents_account ON consents (account_id, document_id, at);

-- What one resident and one community are talking about; all of what was entered is in `personal`.
CREATE TABLE dialogs (
    id              uuid PRIMARY KEY,
    account_id      uuid NOT NULL REFERENCES accounts,
    community_id    integer NOT NULL REFERENCES communities,
    revision        integer NOT NULL,
    silenced_until  timestamptz,
    drafted_until   timestamptz,                  -- when the draft in `personal` expires; null: none
    personal        bytea,
    inline_buttons  boolean NOT NULL DEFAULT true, -- the client last seen shows them
    updated_at      timestamptz NOT NULL,
    UNIQUE (account_id, community_id)
) WITH (fillfactor = 70);
CREATE INDEX dialogs_expiry ON dialogs (drafted_until) WHERE drafted_until IS NOT NULL;

-- Each outside event once: never a body.
CREATE TABLE inbox (
    community_id  integer NOT NULL,
    event_id      text NOT NULL,
    type          text NOT NULL,
    failed        text,                           -- class of the error that made it be given up
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, event_id)
);
CREATE INDEX inbox_age ON inbox USING brin (at);

CREATE TABLE inbox_failures (
    community_id  integer NOT NULL,
    event_id      text NOT NULL,
    tries         integer NOT NULL,
    error         text NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (community_id, event_id)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE ON consents
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
