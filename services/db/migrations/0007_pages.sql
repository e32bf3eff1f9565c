-- Pages at VK: how they stand there, who follows them, how many members they have.

ALTER TABLE communities
    ADD COLUMN paused_by        text CHECK (paused_by IN ('gateway', 'admin')),
    ADD COLUMN previous_secret  bytea,        -- sealed; accepted too, while VK learns the new one
    ADD COLUMN previous_until   timestamptz;  -- null: until VK is known to have the new one
UPDATE communities SET paused_by = 'gateway' WHERE paused IS NOT NULL;

-- Apart from `communities`: this changes every hour, and no process keeps it in memory.
CREATE TABLE community_states (
    community_id     integer PRIMARY KEY REFERENCES communities ON DELETE CASCADE,
    status           text NOT NULL CHECK (status IN
                         ('ok', 'wait', 'failed', 'unconfigured', 'missing', 'unknown')),
    server_id        bigint,                 -- of the callback server; null for long_poll
    api_version      text,
    troubles         text[] NOT NULL DEFAULT '{}',
    checked_at       timestamptz,
    check_tried_at   timestamptz,            -- by the watch, which may not have come to an end
    count_tried_at   timestamptz
);

CREATE TABLE community_counts (
    community_id  integer NOT NULL REFERENCES communities ON DELETE CASCADE,
    day           date NOT NULL,
    members       integer NOT NULL CHECK (members >= 0),
    PRIMARY KEY (community_id, day)
);
CREATE TRIGGER append_only BEFORE UPDATE ON community_counts
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Long Poll: which process follows a page, and up to where its events have had their effect.
CREATE TABLE long_polls (
    community_id  integer PRIMARY KEY REFERENCES communities ON DELETE CASCADE,
    holder        uuid,
    leased_until  timestamptz,
    ts            text
) WITH (fillfactor = 50);
CREATE TABLE long_poll_holders (
    holder      uuid PRIMARY KEY,
    seen_until  timestamptz NOT NULL
);
