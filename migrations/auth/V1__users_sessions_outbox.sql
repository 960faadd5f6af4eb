-- The only database with personal data.

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    -- As typed, and the form that is unique without regard to case. Both are erased when the account is deleted.
    email         text,
    email_key     text UNIQUE,
    name          text,
    password_hash text,
    role          text        NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'support', 'marketer', 'admin')),
    status        text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'deleted')),
    -- Grows by one with every change of status; receivers keep the highest they have seen.
    version       bigint      NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT users_personal_data CHECK (
        CASE status
            WHEN 'deleted' THEN email IS NULL AND email_key IS NULL AND name IS NULL AND password_hash IS NULL
            ELSE email IS NOT NULL AND email_key IS NOT NULL AND password_hash IS NOT NULL
        END
    )
);

-- What is left of a deleted account's e-mail: a keyed hash, so that the same person can be recognised and nobody can be named.
CREATE TABLE tombstones (
    user_id    uuid PRIMARY KEY REFERENCES users (id),
    email_hmac bytea       NOT NULL,
    deleted_at timestamptz NOT NULL
);
CREATE INDEX tombstones_email_hmac ON tombstones (email_hmac);

-- One row a session however often its refresh token is rotated.
CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id),
    generation   integer     NOT NULL DEFAULT 0 CHECK (generation >= 0),
    refresh_hash bytea       NOT NULL,
    rotated_at   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE INDEX sessions_live_by_user ON sessions (user_id) WHERE revoked_at IS NULL;

-- Status changes on their way to the loyalty side, written in the transaction of the change. No personal data.
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid        NOT NULL UNIQUE,
    user_id      uuid        NOT NULL,
    status       text        NOT NULL CHECK (status IN ('active', 'blocked', 'deleted')),
    version      bigint      NOT NULL,
    occurred_at  timestamptz NOT NULL,
    published_at timestamptz,
    UNIQUE (user_id, version)
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
