-- The monitor: who is signed in, filters they keep, and what stands where without counting cases.

-- Only the hash of a session's token is stored; a session is over with its key.
CREATE TABLE monitor_sessions (
    hash        bytea PRIMARY KEY,                -- SHA-256 of the token
    key_id      text NOT NULL REFERENCES api_keys,
    personal    bytea NOT NULL,                   -- who sits there, as claimed
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
);
CREATE INDEX monitor_sessions_seen ON monitor_sessions (seen_at);

CREATE TABLE monitor_filters (
    id          uuid PRIMARY KEY,
    key_id      text NOT NULL REFERENCES api_keys,
    title       text NOT NULL,
    query       text NOT NULL,                    -- parameters of the list's address, codes only
    created_at  timestamptz NOT NULL,
    UNIQUE (key_id, title)
);

-- What changes is written here in the transaction that changes it, and nobody waits for anybody;
-- a worker folds it into the tables below. Who reads adds both.
CREATE TABLE monitor_deltas (
    seq            bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at             timestamptz NOT NULL,
    measure        text NOT NULL,
    bucket         integer NOT NULL DEFAULT 0,
    kind           text NOT NULL,
    state          text NOT NULL DEFAULT '',
    due_at         timestamptz NOT NULL DEFAULT 'infinity',
    operator_id    integer NOT NULL,
    community_id   integer NOT NULL DEFAULT 0,
    department_id  integer NOT NULL DEFAULT 0,
    n              integer NOT NULL
);

-- How many cases stand where: with a department its assignments, with 0 the cases themselves.
-- What is over has no deadline any more, so that the rows are as few as the days of open work.
CREATE TABLE monitor_standing (
    department_id  integer NOT NULL,
    operator_id    integer NOT NULL,
    kind           text NOT NULL,
    state          text NOT NULL,
    due_at         timestamptz NOT NULL,
    n              bigint NOT NULL,
    PRIMARY KEY (department_id, operator_id, kind, state, due_at)
);

-- Open cases with a point, by squares of a twentieth of a degree.
CREATE TABLE monitor_areas (
    operator_id  integer NOT NULL,
    cell         integer NOT NULL,
    n            bigint NOT NULL,
    PRIMARY KEY (operator_id, cell)
);

-- What happened on a day of the krai's time, three times over: with neither page nor department
-- everything, with a page its own, with a department its own. `bucket`: of times an eighth of an
-- octave of minutes, of `rated` the mark, of everything `filed` the hour.
CREATE TABLE monitor_facts (
    day            date NOT NULL,
    measure        text NOT NULL,
    kind           text NOT NULL,
    operator_id    integer NOT NULL,
    community_id   integer NOT NULL,
    department_id  integer NOT NULL,
    bucket         integer NOT NULL,
    n              bigint NOT NULL,
    PRIMARY KEY (community_id, department_id, day, measure, kind, operator_id, bucket)
);
CREATE INDEX monitor_facts_pages ON monitor_facts (day) WHERE community_id <> 0;
CREATE INDEX monitor_facts_departments ON monitor_facts (day) WHERE department_id <> 0;

CREATE FUNCTION monitor_is_open(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT state NOT IN (
        'answered', 'attended', 'cancelled', 'closed', 'completed', 'declined', 'expired',
        'forwarded', 'left', 'refused', 'rejected', 'returned', 'withdrawn')
$$;

CREATE FUNCTION monitor_due(state text, due_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN monitor_is_open(state) THEN coalesce(due_at, 'infinity') ELSE 'infinity' END
$$;

-- A time as its eighth of an octave above a minute: at most 9 % wide, whatever the time.
CREATE FUNCTION monitor_bucket(took interval) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT floor(8 * log(2.0, (greatest(extract(epoch FROM took), 60) / 60)::numeric))::integer
$$;

CREATE FUNCTION monitor_cell(latitude real, longitude real) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
    SELECT (floor((latitude + 90) * 20)::integer * 7200 + floor((longitude + 180) * 20)::integer)
$$;

CREATE FUNCTION monitor_note_case(c cases, sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO monitor_deltas (at, measure, kind, state, due_at, operator_id, n)
    VALUES (c.created_at, 'standing', c.kind, c.state, monitor_due(c.state, c.due_at),
        c.operator_id, sign);
    IF c.latitude IS NOT NULL AND c.longitude IS NOT NULL AND monitor_is_open(c.state) THEN
        INSERT INTO monitor_deltas (at, measure, bucket, kind, operator_id, n)
        VALUES (c.created_at, 'area', monitor_cell(c.latitude, c.longitude), c.kind,
            c.operator_id, sign);
    END IF;
    IF c.rating IS NOT NULL THEN
        INSERT INTO monitor_deltas (at, measure, bucket, kind, operator_id, community_id,
            department_id, n)
        VALUES (c.rated_at, 'rated', c.rating, c.kind, c.operator_id,
            coalesce(c.community_id, 0), coalesce(c.department_id, 0), sign);
    END IF;
END $$;

CREATE FUNCTION monitor_case_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM monitor_note_case(OLD, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM monitor_note_case(NEW, 1);
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO monitor_deltas (at, measure, kind, operator_id, community_id,
            department_id, n)
        VALUES (NEW.created_at, 'filed', NEW.kind, NEW.operator_id,
            coalesce(NEW.community_id, 0), coalesce(NEW.department_id, 0), 1);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER monitor_filed AFTER INSERT OR DELETE ON cases
    FOR EACH ROW EXECUTE FUNCTION monitor_case_changed();
CREATE TRIGGER monitor_changed AFTER UPDATE ON cases FOR EACH ROW
    WHEN ((OLD.state, OLD.due_at, OLD.rating) IS DISTINCT FROM (NEW.state, NEW.due_at, NEW.rating))
    EXECUTE FUNCTION monitor_case_changed();

CREATE FUNCTION monitor_assignment_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO monitor_deltas (at, measure, kind, state, due_at, operator_id, department_id, n)
        VALUES (OLD.created_at, 'standing', OLD.kind, OLD.state,
            monitor_due(OLD.state, OLD.due_at), 0, OLD.department_id, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO monitor_deltas (at, measure, kind, state, due_at, operator_id, department_id, n)
        VALUES (NEW.created_at, 'standing', NEW.kind, NEW.state,
            monitor_due(NEW.state, NEW.due_at), 0, NEW.department_id, 1);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER monitor_filed AFTER INSERT OR DELETE ON assignments
    FOR EACH ROW EXECUTE FUNCTION monitor_assignment_changed();
CREATE TRIGGER monitor_changed AFTER UPDATE ON assignments FOR EACH ROW
    WHEN ((OLD.state, OLD.due_at) IS DISTINCT FROM (NEW.state, NEW.due_at))
    EXECUTE FUNCTION monitor_assignment_changed();

-- The first reaction is the first thing that people of a department or an admin do to a case; an
-- answer is a department's first one, later ones follow «Не решено».
CREATE FUNCTION monitor_note_event(e case_events) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c cases;
    at_work boolean := e."by" IN ('department', 'admin') AND e.type IN ('transition', 'message');
BEGIN
    SELECT * INTO c FROM cases WHERE id = e.case_id;
    IF at_work AND NOT EXISTS (SELECT FROM case_events p WHERE p.case_id = e.case_id
            AND p.seq < e.seq AND p.by IN ('department', 'admin')
            AND p.type IN ('transition', 'message')) THEN
        INSERT INTO monitor_deltas (at, measure, bucket, kind, operator_id, community_id,
            department_id, n)
        VALUES (e.at, 'reaction', monitor_bucket(e.at - c.created_at), c.kind, c.operator_id,
            coalesce(c.community_id, 0), coalesce(e.department_id, 0), 1);
    END IF;
    IF e.target = 'reopened' THEN
        INSERT INTO monitor_deltas (at, measure, kind, operator_id, community_id,
            department_id, n)
        VALUES (e.at, 'reopened', c.kind, c.operator_id, coalesce(c.community_id, 0),
            coalesce(e.department_id, 0), 1);
    END IF;
    IF e.target = 'answered' AND NOT EXISTS (SELECT FROM case_events p
            WHERE p.case_id = e.case_id AND p.seq < e.seq AND p.target = 'answered'
            AND p.department_id IS NOT DISTINCT FROM e.department_id) THEN
        INSERT INTO monitor_deltas (at, measure, bucket, kind, operator_id, community_id,
            department_id, n)
        SELECT e.at, note.measure, note.bucket, c.kind, c.operator_id,
            coalesce(c.community_id, 0), coalesce(e.department_id, 0), 1
        FROM (VALUES ('answered', monitor_bucket(e.at - c.created_at)),
            (CASE WHEN e.at <= coalesce(c.due_at, 'infinity') THEN 'in_time' ELSE 'late' END, 0)
        ) AS note (measure, bucket);
    END IF;
END $$;

CREATE FUNCTION monitor_event_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM monitor_note_event(NEW);
    RETURN NULL;
END $$;

CREATE TRIGGER monitor_added AFTER INSERT ON case_events FOR EACH ROW
    WHEN (NEW.type IN ('transition', 'message', 'on_behalf') AND NEW.by <> 'gateway')
    EXECUTE FUNCTION monitor_event_added();

-- What there was before: it is folded like everything else.
INSERT INTO monitor_deltas (at, measure, kind, operator_id, community_id, department_id, n)
SELECT created_at, 'filed', kind, operator_id, coalesce(community_id, 0),
    coalesce(department_id, 0), 1
FROM cases;
SELECT monitor_note_case(cases, 1) FROM cases;
INSERT INTO monitor_deltas (at, measure, kind, state, due_at, operator_id, department_id, n)
SELECT created_at, 'standing', kind, state, monitor_due(state, due_at), 0, department_id, 1
FROM assignments;
SELECT monitor_note_event(case_events) FROM case_events
WHERE type IN ('transition', 'message', 'on_behalf') AND by <> 'gateway';

-- What a list of the monitor walks besides.
CREATE INDEX deliveries_lost_department ON deliveries (department_id, seq)
    WHERE kind = 'hand_off' AND state IN ('dead', 'parked');

-- When a page last sent an event; a worker looks every minute, so that the chat's hot path has no
-- index more to write.
CREATE TABLE monitor_page_events (
    community_id   integer PRIMARY KEY REFERENCES communities ON DELETE CASCADE,
    last_event_at  timestamptz NOT NULL
);

-- The oldest work of a department, urgent or not.
CREATE INDEX assignments_oldest ON assignments (department_id, created_at) WHERE workable;

-- Who runs a page, where its operator has entered it.
CREATE TABLE monitor_administrators (
    community_id  integer PRIMARY KEY REFERENCES communities ON DELETE CASCADE,
    personal      bytea NOT NULL
);
