SET search_path TO codechunking, public;

DROP VIEW IF EXISTS embeddings_partition_monitoring;
DROP FUNCTION IF EXISTS get_embeddings_partition_stats();
CREATE FUNCTION get_embeddings_partition_stats()
    RETURNS TABLE (partition_name text, row_count bigint, size_pretty text, index_size_pretty text)
    LANGUAGE sql STABLE AS $$
    SELECT c.relname::text, coalesce(s.n_live_tup, 0), pg_size_pretty(pg_table_size(c.oid)),
           pg_size_pretty(pg_indexes_size(c.oid))
    FROM pg_class AS c
    JOIN pg_inherits AS i ON i.inhrelid = c.oid
    LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
    WHERE i.inhparent = 'codechunking.embeddings_partitioned'::regclass
    ORDER BY c.relname
$$;
CREATE VIEW embeddings_partition_monitoring AS
    SELECT f.partition_name, f.row_count, f.size_pretty, f.index_size_pretty,
           s.seq_scan, s.seq_tup_read, s.idx_scan, s.idx_tup_fetch, s.n_tup_ins, s.n_tup_upd, s.n_tup_del
    FROM get_embeddings_partition_stats() AS f
    JOIN pg_stat_user_tables AS s ON s.schemaname = 'codechunking' AND s.relname = f.partition_name;
