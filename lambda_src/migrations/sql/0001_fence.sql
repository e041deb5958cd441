-- The fence: rows bear the epoch of their writer, and what is older than the fence is refused.
-- failover/README.md tells what an epoch is; the controller raises the fence before it admits a new writer.

CREATE SCHEMA antipode;

CREATE TABLE antipode.fence (
    -- one row, always
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch bigint NOT NULL DEFAULT 0
);
INSERT INTO antipode.fence DEFAULT VALUES;

-- Writers hold this lock together, and who raises the fence holds it alone: he waits for the writes under way, and
-- those that come after him wait for him. A lock on the row would let an endless stream of writers starve him.
CREATE FUNCTION antipode.fence_lock() RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT 4702111234474983745 $$;

CREATE FUNCTION antipode.raise_fence(wanted bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    reached bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(antipode.fence_lock());
    UPDATE antipode.fence SET epoch = greatest(epoch, wanted) RETURNING epoch INTO reached;
    RETURN reached;
END
$$;

-- SECURITY DEFINER: who writes rows need not read the fence.
CREATE FUNCTION antipode.refuse_stale_epoch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = antipode, pg_temp AS $$
DECLARE
    fence bigint;
BEGIN
    -- with an older snapshot the fence that is read would not be the one that holds
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rows under the fence are written in READ COMMITTED only'
            USING ERRCODE = 'AP002';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(antipode.fence_lock());
    SELECT epoch INTO STRICT fence FROM antipode.fence;
    IF NEW.epoch IS NULL OR NEW.epoch < fence THEN
        RAISE EXCEPTION 'epoch % is over, the fence stands at %', NEW.epoch, fence
            USING ERRCODE = 'AP001';
    END IF;
    RETURN NEW;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA antipode FROM PUBLIC;
