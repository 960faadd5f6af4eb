-- One trial a person, whatever the code, and also after an account was deleted. See docs/adr/0014-one-trial-a-person.md.

-- The first account of the same e-mail address, when that was deleted before this one was made.
ALTER TABLE users ADD COLUMN first_account_id uuid;

-- Whose trial it is: the first account of the person. NULL when something is to pay.
ALTER TABLE applications ADD COLUMN trial_of uuid;

-- Of trials that were given before this rule, the latest of each user counts.
UPDATE applications SET trial_of = user_id
WHERE id IN (
    SELECT DISTINCT ON (user_id) id FROM applications
    WHERE trial_days IS NOT NULL AND state IN ('applied', 'paying', 'used')
    ORDER BY user_id, state = 'used' DESC, created_at DESC
);

-- However many are applied for at once.
CREATE UNIQUE INDEX applications_one_trial ON applications (trial_of) WHERE state IN ('applied', 'paying', 'used');

CREATE FUNCTION person_of(uuid) RETURNS uuid LANGUAGE sql STABLE AS
    'SELECT coalesce((SELECT first_account_id FROM users WHERE id = $1), $1)';

CREATE FUNCTION mark_trial() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.trial_of := person_of(NEW.user_id);
    RETURN NEW;
END $$;

CREATE TRIGGER applications_mark_trial BEFORE INSERT ON applications
    FOR EACH ROW WHEN (NEW.trial_days IS NOT NULL) EXECUTE FUNCTION mark_trial();

-- The state of the trial that the user has, or had in an account before: applied, paying or used. NULL without one.
CREATE FUNCTION trial_of_user(uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT a.state FROM applications a
        WHERE a.trial_of = person_of($1) AND a.state IN ('applied', 'paying', 'used')
    );
END $$;
