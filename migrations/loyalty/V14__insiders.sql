-- What members of staff know from their work, and so can't use themselves.

CREATE TABLE insiders (
    person_id    uuid        NOT NULL,
    promotion_id bigint,
    code_id      bigint,
    since        timestamptz NOT NULL,
    CONSTRAINT insiders_of_one CHECK (num_nonnulls(promotion_id, code_id) = 1),
    UNIQUE NULLS NOT DISTINCT (person_id, promotion_id, code_id)
);
COMMENT ON TABLE insiders IS
    'A row is a promotion (all its codes) or a single code that a person has made, changed or seen as a member of staff, '
    'since the first time.';
COMMENT ON COLUMN insiders.person_id IS
    'The first account of the person, as in applications: an e-mail address keeps it when an account is deleted.';
