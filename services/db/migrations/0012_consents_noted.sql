-- Consents that were given on paper or by phone, kept with the case that they allow.
CREATE TABLE consents_noted (
    case_id      uuid PRIMARY KEY REFERENCES cases,
    document_id  integer NOT NULL REFERENCES consent_documents,
    given_at     timestamptz NOT NULL,
    noted_by     text NOT NULL,   -- the key that entered it
    actor        text,            -- the person there, as claimed
    noted_at     timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE ON consents_noted
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
