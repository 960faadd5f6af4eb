-- Grows by one when the password becomes another one, and not when the same password is hashed anew: who has proved an
-- earlier password opens no session.
ALTER TABLE users ADD COLUMN password_version bigint NOT NULL DEFAULT 1 CHECK (password_version > 0);
