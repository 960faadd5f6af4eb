-- Several relays at once: who publishes an event claims it for a while, and holds no lock meanwhile.
ALTER TABLE outbox ADD COLUMN claimed_until timestamptz;
