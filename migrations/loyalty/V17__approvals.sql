-- What waits for a second person: docs/adr/0031-approvals.md.

CREATE TABLE approvals (
    id              uuid        PRIMARY KEY,
    kind            text        NOT NULL CHECK (kind IN ('promotion', 'refund')),
    state           text        NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'withdrawn', 'expired')),
    promotion_id    bigint,
    purchase_id     uuid        REFERENCES purchases (id),
    base_version    integer,
    proposal        jsonb       NOT NULL,
    shown           jsonb,
    reason          text,
    requested_by    uuid        NOT NULL,
    requested_at    timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    decided_by      uuid,
    decided_at      timestamptz,
    decision_reason text,
    CONSTRAINT approvals_subject CHECK ((kind = 'refund') = (purchase_id IS NOT NULL)),
    CONSTRAINT approvals_one_subject CHECK (num_nonnulls(promotion_id, purchase_id) <= 1),
    CONSTRAINT approvals_base CHECK (base_version IS NULL OR promotion_id IS NOT NULL),
    CONSTRAINT approvals_expires CHECK (expires_at > requested_at),
    CONSTRAINT approvals_decided CHECK (
        (decided_by IS NOT NULL) = (state IN ('approved', 'rejected', 'withdrawn'))
        AND (decided_by IS NULL) = (decided_at IS NULL)
        AND (decided_by IS NOT NULL OR decision_reason IS NULL)
    ),
    CONSTRAINT approvals_by_another CHECK (state NOT IN ('approved', 'rejected') OR decided_by <> requested_by)
);
COMMENT ON TABLE approvals IS
    'A row is a change that a member of staff has asked for and that somebody else has to approve, whatever became of it.';
COMMENT ON COLUMN approvals.id IS 'A refund that was approved has the same ID.';
COMMENT ON COLUMN approvals.promotion_id IS
    'What is to be changed; of a new promotion, NULL until it is approved. It may be deleted by now.';
COMMENT ON COLUMN approvals.base_version IS 'The version on which the change was made; NULL for what is new.';
COMMENT ON COLUMN approvals.proposal IS 'The arguments of the function that makes the change: see approve.';
COMMENT ON COLUMN approvals.shown IS 'The same as staff read it, with what it was made on. Without the texts of codes.';
COMMENT ON COLUMN approvals.expires_at IS 'From then on it can''t be approved, whether it is marked as expired yet or not.';
CREATE UNIQUE INDEX approvals_pending_promotion ON approvals (promotion_id) WHERE state = 'pending';
CREATE UNIQUE INDEX approvals_pending_purchase ON approvals (purchase_id) WHERE state = 'pending';
CREATE INDEX approvals_by_time ON approvals (requested_at, id);
CREATE INDEX approvals_by_requester ON approvals (requested_by, requested_at, id);
CREATE INDEX approvals_of_purchase ON approvals (purchase_id) WHERE purchase_id IS NOT NULL;
CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';
