-- What reconcile asks of the two databases after a failover (failover/controller/kept_rows.py).

-- What was written since a time, in seconds of Unix, oldest first: asked of what the lost region had.
CREATE FUNCTION antipode.written_since(since double precision)
RETURNS TABLE (key text, id text, written_at text, epoch bigint)
LANGUAGE sql STABLE AS $$
    SELECT i.key, i.order_id, i.written_at, i.epoch
    FROM orders.idempotency AS i WHERE i.stored_at >= to_timestamp(since) ORDER BY i.stored_at, i.key
$$;

-- Which of these keys are not here: asked of the writer.
CREATE FUNCTION antipode.missing_keys(keys jsonb) RETURNS TABLE (key text)
LANGUAGE sql STABLE AS $$
    SELECT wanted.key FROM jsonb_array_elements_text(keys) AS wanted (key)
    WHERE NOT EXISTS (SELECT FROM orders.idempotency AS i WHERE i.key = wanted.key)
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA antipode FROM PUBLIC;
