-- Orders and the idempotency keys that made them. An order's value is kept as the JSON text that was sent.

CREATE SCHEMA orders;

CREATE TABLE orders.orders (
    id text PRIMARY KEY,
    value text NOT NULL,
    written_at text NOT NULL,
    written_in text NOT NULL,
    idempotency_key text NOT NULL,
    epoch bigint NOT NULL
);

CREATE TABLE orders.idempotency (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    order_id text NOT NULL,
    written_at text NOT NULL,
    written_in text NOT NULL,
    attempt text NOT NULL,
    epoch bigint NOT NULL,
    -- by the database's own clock: what reconcile looks through
    stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_stored_at ON orders.idempotency (stored_at);

CREATE TRIGGER refuse_stale_epoch BEFORE INSERT OR UPDATE ON orders.orders
    FOR EACH ROW EXECUTE FUNCTION antipode.refuse_stale_epoch();
CREATE TRIGGER refuse_stale_epoch BEFORE INSERT OR UPDATE ON orders.idempotency
    FOR EACH ROW EXECUTE FUNCTION antipode.refuse_stale_epoch();
