-- The database auth: what the migrations and the functions make. Generated, see migrations/README.md.

CREATE FUNCTION public.register_user(p_user_id uuid, p_email text, p_email_key text, p_name text, p_password_hash text, p_email_hmac bytea, p_event_id uuid, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    v_first_account_id uuid;
BEGIN
    INSERT INTO users (id, email, email_key, name, password_hash, created_at, updated_at)
    VALUES (p_user_id, p_email, p_email_key, p_name, p_password_hash, p_now, p_now)
    ON CONFLICT ON CONSTRAINT users_email_key_key DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- A separate statement: the one above may have waited for the deletion of the earlier account, and what that left
    -- is visible only from here on.
    SELECT coalesce(u.first_account_id, u.id) INTO v_first_account_id
    FROM tombstones t JOIN users u ON u.id = t.user_id
    WHERE t.email_hmac = p_email_hmac
    ORDER BY t.deleted_at, u.id
    LIMIT 1;
    IF FOUND THEN
        UPDATE users SET first_account_id = v_first_account_id WHERE id = p_user_id;
    END IF;
    INSERT INTO outbox (event_id, user_id, status, version, occurred_at)
    VALUES (p_event_id, p_user_id, 'active', 1, p_now);
    RETURN true;
END $$;

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    published_at timestamp with time zone,
    CONSTRAINT outbox_status_check CHECK ((status = ANY (ARRAY['active'::text, 'blocked'::text, 'deleted'::text])))
);
COMMENT ON TABLE public.outbox IS 'A row is a change of a user''s status to be published to the loyalty side, written in the transaction of the change. It contains no personal data.';
COMMENT ON COLUMN public.outbox.version IS 'users.version after the change.';
COMMENT ON COLUMN public.outbox.claimed_until IS 'Until when the event is reserved for the relay that publishes it. The relay holds no lock meanwhile.';
COMMENT ON COLUMN public.outbox.published_at IS 'When the broker had confirmed the event.';

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.refinery_schema_history (
    version integer NOT NULL,
    name character varying(255),
    applied_on character varying(255),
    checksum character varying(255)
);

CREATE TABLE public.schema_functions (
    name text NOT NULL,
    checksum text NOT NULL
);
COMMENT ON TABLE public.schema_functions IS 'A row is a function of this schema as `migrate` created it last: migrations/README.md.';
COMMENT ON COLUMN public.schema_functions.checksum IS 'SHA-256 of its file, in hexadecimal digits.';

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    generation integer DEFAULT 0 NOT NULL,
    refresh_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    rotated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    over_on date GENERATED ALWAYS AS (((LEAST(revoked_at, expires_at) AT TIME ZONE 'UTC'::text))::date) STORED NOT NULL,
    CONSTRAINT sessions_generation_check CHECK ((generation >= 0))
);
COMMENT ON TABLE public.sessions IS 'A row is a session, from the login to its end, however often its tokens are renewed.';
COMMENT ON COLUMN public.sessions.generation IS 'How many times the refresh token was rotated.';
COMMENT ON COLUMN public.sessions.refresh_hash IS 'SHA-256 of the current refresh token.';
COMMENT ON COLUMN public.sessions.rotated_at IS 'When the current refresh token was issued.';
COMMENT ON COLUMN public.sessions.expires_at IS 'When the current refresh token expires.';
COMMENT ON COLUMN public.sessions.revoked_at IS 'When the session was ended, if that was before it expired.';
COMMENT ON COLUMN public.sessions.over_on IS 'The day (UTC) on which the session was over, or will be if it is not renewed. Old sessions are found by it: docs/data-retention.md.';

CREATE TABLE public.staff_actions (
    id bigint NOT NULL,
    actor_id uuid NOT NULL,
    user_id uuid NOT NULL,
    action text NOT NULL,
    before text,
    after text,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT staff_actions_action_check CHECK ((action = ANY (ARRAY['look_up'::text, 'set_status'::text, 'set_role'::text])))
);
COMMENT ON TABLE public.staff_actions IS 'A row is a change that an administrator made to an account, or a look-up by its e-mail. People are identified by their IDs alone.';
COMMENT ON COLUMN public.staff_actions.actor_id IS 'The administrator; of a look-up, any member of staff.';
COMMENT ON COLUMN public.staff_actions.user_id IS 'The account.';
COMMENT ON COLUMN public.staff_actions.before IS 'The earlier status or role; NULL when nothing was changed.';
COMMENT ON COLUMN public.staff_actions.after IS 'The new status or role; NULL when nothing was changed.';

ALTER TABLE public.staff_actions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.staff_actions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.tombstones (
    user_id uuid NOT NULL,
    email_hmac bytea NOT NULL,
    deleted_at timestamp with time zone NOT NULL
);
COMMENT ON TABLE public.tombstones IS 'A row is what remains of the address of a deleted account.';
COMMENT ON COLUMN public.tombstones.email_hmac IS 'A keyed hash of the mailbox that users.email_key leads to: the same person can be recognized, but nobody can be identified.';

CREATE TABLE public.users (
    id uuid NOT NULL,
    email text,
    email_key text,
    name text,
    password_hash text,
    password_version bigint DEFAULT 1 NOT NULL,
    role text DEFAULT 'user'::text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    first_account_id uuid,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT users_password_version_check CHECK ((password_version > 0)),
    CONSTRAINT users_personal_data CHECK (
CASE status
    WHEN 'deleted'::text THEN ((email IS NULL) AND (email_key IS NULL) AND (name IS NULL) AND (password_hash IS NULL))
    ELSE ((email IS NOT NULL) AND (email_key IS NOT NULL) AND (password_hash IS NOT NULL))
END),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['user'::text, 'support'::text, 'marketer'::text, 'admin'::text]))),
    CONSTRAINT users_status_check CHECK ((status = ANY (ARRAY['active'::text, 'blocked'::text, 'deleted'::text]))),
    CONSTRAINT users_version_check CHECK ((version > 0))
);
COMMENT ON TABLE public.users IS 'A row is an account. When it is deleted, its personal data is erased and the row stays.';
COMMENT ON COLUMN public.users.email IS 'The address as it was entered.';
COMMENT ON COLUMN public.users.email_key IS 'The normalized form of the address, which is unique: it ignores case and whether accents are composed, and has the domain in ASCII.';
COMMENT ON COLUMN public.users.password_hash IS 'Argon2id, as a PHC string.';
COMMENT ON COLUMN public.users.password_version IS 'Incremented when the password is changed, but not when the same password is rehashed: a login that verified an earlier password opens no session.';
COMMENT ON COLUMN public.users.version IS 'Incremented by every change of status; receivers of events keep the highest version that they have seen.';
COMMENT ON COLUMN public.users.first_account_id IS 'The first account of the same mailbox, if that was deleted before this one was created: docs/adr/0014-one-trial-a-person.md.';

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_event_id_key UNIQUE (event_id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_user_id_version_key UNIQUE (user_id, version);

ALTER TABLE ONLY public.refinery_schema_history
    ADD CONSTRAINT refinery_schema_history_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.schema_functions
    ADD CONSTRAINT schema_functions_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.staff_actions
    ADD CONSTRAINT staff_actions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key_key UNIQUE (email_key);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

CREATE INDEX outbox_published ON public.outbox USING btree (published_at) WHERE (published_at IS NOT NULL);

CREATE INDEX outbox_unpublished ON public.outbox USING btree (id) WHERE (published_at IS NULL);

CREATE INDEX sessions_by_end ON public.sessions USING btree (over_on);

CREATE INDEX sessions_live_by_user ON public.sessions USING btree (user_id) WHERE (revoked_at IS NULL);

CREATE INDEX staff_actions_by_action ON public.staff_actions USING btree (action, occurred_at, id);

CREATE INDEX staff_actions_by_actor ON public.staff_actions USING btree (actor_id, occurred_at, id);

CREATE INDEX staff_actions_by_time ON public.staff_actions USING btree (occurred_at, id);

CREATE INDEX staff_actions_by_user ON public.staff_actions USING btree (user_id, occurred_at, id);

CREATE INDEX tombstones_email_hmac ON public.tombstones USING btree (email_hmac);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_first_account_id_fkey FOREIGN KEY (first_account_id) REFERENCES public.users(id);
