-- The house: keys, operators, pages, departments, API keys, reference data.

CREATE TABLE keyring (
    id          integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    purpose     text NOT NULL CHECK (purpose IN ('field', 'index', 'session', 'cursor')),
    wrapped     bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- One sealed known value: a wrong GATEWAY_SECRET_KEYS is refused at the start, not at the first read.
CREATE TABLE canary (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    sealed  bytea NOT NULL
);

-- Counts every change of what processes keep in memory (communities, categories, routes, consents …).
CREATE TABLE reference_version (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    version  bigint NOT NULL
);
INSERT INTO reference_version (version) VALUES (1);

CREATE FUNCTION bump_reference_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE reference_version SET version = version + 1;
    RETURN NULL;
END $$;

CREATE TABLE operators (
    id                 integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    code               text NOT NULL UNIQUE,
    title              text NOT NULL,
    address            text NOT NULL DEFAULT '',
    phone              text NOT NULL DEFAULT '',
    email              text NOT NULL DEFAULT '',
    appeal_system_url  text,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);
INSERT INTO operators (code, title) VALUES ('default', 'Оператор по умолчанию');

CREATE TABLE departments (
    id           integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    code         text NOT NULL UNIQUE,
    operator_id  integer NOT NULL REFERENCES operators,
    title        text NOT NULL,
    is_default   boolean NOT NULL DEFAULT false,
    moderation   boolean NOT NULL DEFAULT false,
    four_eyes    boolean NOT NULL DEFAULT false,
    templates    jsonb NOT NULL DEFAULT '[]',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX departments_default ON departments (operator_id) WHERE is_default;

CREATE TABLE webhooks (
    department_id    integer PRIMARY KEY REFERENCES departments,
    url              text NOT NULL,
    secret           bytea NOT NULL,              -- sealed
    previous_secret  bytea,                       -- sealed; signs too until previous_until
    previous_until   timestamptz,
    disabled_at      timestamptz,                 -- the back end answered 410
    updated_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE communities (
    id            integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    channel       text NOT NULL DEFAULT 'vk',
    group_id      bigint NOT NULL,
    operator_id   integer NOT NULL REFERENCES operators,
    title         text NOT NULL,
    municipality  text,                           -- null: serves the whole region
    transport     text NOT NULL DEFAULT 'callback' CHECK (transport IN ('callback', 'long_poll')),
    token         bytea NOT NULL,                 -- sealed
    secret        bytea NOT NULL,                 -- sealed
    confirmation  text,
    paused        text,                           -- why nothing is sent at present; null: all is well
    paused_at     timestamptz,
    last_event_at timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, group_id)
);

CREATE TABLE api_keys (
    id             text PRIMARY KEY,
    hash           bytea NOT NULL,                -- SHA-256 of the secret
    role           text NOT NULL CHECK (role IN ('department', 'admin', 'moderator', 'viewer')),
    department_id  integer REFERENCES departments,
    operator_id    integer REFERENCES operators,  -- null: for all operators
    holder         text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz,
    revoked_at     timestamptz,
    last_used_at   timestamptz,
    CHECK ((role = 'department') = (department_id IS NOT NULL))
);

CREATE TABLE categories (
    code           text PRIMARY KEY,
    parent         text REFERENCES categories DEFERRABLE INITIALLY DEFERRED,
    title          text NOT NULL,
    position       integer NOT NULL DEFAULT 0,
    department_id  integer REFERENCES departments,
    ssttu_code     text,
    norm_days      integer CHECK (norm_days BETWEEN 1 AND 365),
    norm_unit      text NOT NULL DEFAULT 'calendar' CHECK (norm_unit IN ('calendar', 'working')),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE routes (
    id             integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    position       integer NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('appeal', 'enrolment', 'appointment')),
    category       text REFERENCES categories,
    municipality   text,
    community      bigint,
    words          text[],
    hours          jsonb,
    department_id  integer NOT NULL REFERENCES departments
);

CREATE TABLE consent_documents (
    id           integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    operator_id  integer NOT NULL REFERENCES operators,
    service      text NOT NULL CHECK (service IN ('appeal', 'enrolment', 'appointment', 'reminders')),
    subject      text NOT NULL CHECK (subject IN ('self', 'children')),
    version      integer NOT NULL,
    purpose      text NOT NULL,
    text         text NOT NULL,
    sha256       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (operator_id, service, subject, version)
);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['operators', 'departments', 'communities', 'categories', 'routes',
                                'consent_documents'] LOOP
        EXECUTE format('CREATE TRIGGER reference_changed AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION bump_reference_version()', name);
    END LOOP;
END $$;

-- The answer to a POST that carried an Idempotency-Key; kept for 24 hours, sealed.
CREATE TABLE idempotency (
    caller      text NOT NULL,
    path        text NOT NULL,
    key         text NOT NULL,
    body_hash   bytea NOT NULL,
    id          uuid NOT NULL,
    answer      bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, path, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);
