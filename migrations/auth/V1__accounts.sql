-- Accounts. Only this database contains personal data.

CREATE TABLE users (
    id               uuid PRIMARY KEY,
    email            text,
    email_key        text UNIQUE,
    name             text,
    password_hash    text,
    password_version bigint      NOT NULL DEFAULT 1 CHECK (password_version > 0),
    role             text        NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'support', 'marketer', 'admin')),
    status           text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'deleted')),
    version          bigint      NOT NULL DEFAULT 1 CHECK (version > 0),
    first_account_id uuid REFERENCES users (id),
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CONSTRAINT users_personal_data CHECK (
        CASE status
            WHEN 'deleted' THEN email IS NULL AND email_key IS NULL AND name IS NULL AND password_hash IS NULL
            ELSE email IS NOT NULL AND email_key IS NOT NULL AND password_hash IS NOT NULL
        END
    )
);
COMMENT ON TABLE users IS
    'A row is an account. When it is deleted, its personal data is erased and the row stays.';
COMMENT ON COLUMN users.email IS 'The address as it was entered.';
COMMENT ON COLUMN users.email_key IS
    'The normalized form of the address, which is unique: it ignores case and whether accents are composed, and has '
    'the domain in ASCII.';
COMMENT ON COLUMN users.password_hash IS 'Argon2id, as a PHC string.';
COMMENT ON COLUMN users.password_version IS
    'Incremented when the password is changed, but not when the same password is rehashed: a login that verified an '
    'earlier password opens no session.';
COMMENT ON COLUMN users.version IS
    'Incremented by every change of status; receivers of events keep the highest version that they have seen.';
COMMENT ON COLUMN users.first_account_id IS
    'The first account of the same mailbox, if that was deleted before this one was created: '
    'docs/adr/0014-one-trial-a-person.md.';

CREATE TABLE tombstones (
    user_id    uuid PRIMARY KEY REFERENCES users (id),
    email_hmac bytea       NOT NULL,
    deleted_at timestamptz NOT NULL
);
CREATE INDEX tombstones_email_hmac ON tombstones (email_hmac);
COMMENT ON TABLE tombstones IS 'A row is what remains of the address of a deleted account.';
COMMENT ON COLUMN tombstones.email_hmac IS
    'A keyed hash of the mailbox that users.email_key leads to: the same person can be recognized, but nobody '
    'can be identified.';
