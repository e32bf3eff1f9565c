-- Files of residents: what is to be fetched, what is stored, whose it is; and ratings of answers.

-- One file: noted with the event that brought it, fetched by a worker, bound to a case when the
-- draft is sent. What it is called, where it comes from and the key of its content are sealed in
-- `personal`; without that the stored content cannot be read.
CREATE TABLE files (
    id            uuid PRIMARY KEY,
    seq           bigint GENERATED ALWAYS AS IDENTITY,
    state         text NOT NULL DEFAULT 'waiting'
                  CHECK (state IN ('waiting', 'leased', 'stored', 'refused', 'dropped', 'gone')),
    account_id    uuid NOT NULL REFERENCES accounts,
    community_id  integer NOT NULL,
    dialog_id     uuid NOT NULL,                  -- whose draft it belongs to until it is sent
    case_id       uuid REFERENCES cases,
    number        integer,                        -- within the case, from 1
    place         text NOT NULL UNIQUE,           -- with the try's number its name in the storage
    attempts      integer NOT NULL DEFAULT 0,
    next_at       timestamptz NOT NULL,
    leased_until  timestamptz,
    error         text,                           -- why it was refused, or what the last try met
    content_type  text,
    size          integer,                        -- bytes as stored
    received      integer NOT NULL DEFAULT 0,     -- bytes as they came, for the day's limit
    scan          text CHECK (scan IN ('clean', 'unscanned')),
    personal      bytea,
    created_at    timestamptz NOT NULL,
    settled_at    timestamptz,
    CHECK ((case_id IS NULL) = (number IS NULL)),
    CHECK (state <> 'stored' OR (content_type IS NOT NULL AND size IS NOT NULL AND scan IS NOT NULL))
);
CREATE UNIQUE INDEX files_case ON files (case_id, number) WHERE case_id IS NOT NULL;
CREATE INDEX files_account ON files (account_id, created_at);
CREATE INDEX files_unsent ON files (created_at) WHERE case_id IS NULL AND state NOT IN ('dropped', 'gone');
CREATE INDEX files_due ON files (seq) WHERE state IN ('waiting', 'leased');
CREATE INDEX files_dropped ON files (seq) WHERE state = 'dropped';

ALTER TABLE cases
    ADD COLUMN rating smallint CHECK (rating BETWEEN 1 AND 5),
    ADD COLUMN rated_at timestamptz;
