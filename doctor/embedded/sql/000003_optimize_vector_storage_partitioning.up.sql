SET search_path TO codechunking, public;

CREATE TABLE embeddings_partitioned (
    id uuid NOT NULL DEFAULT uuid_generate_v4(),
    chunk_id uuid NOT NULL,
    repository_id uuid NOT NULL,
    embedding vector(768),
    model_version varchar(50) NOT NULL,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    deleted_at timestamptz,
    PRIMARY KEY (id, repository_id),
    CONSTRAINT embeddings_partitioned_chunk_id_model_version_repository_id_key
        UNIQUE (chunk_id, model_version, repository_id)
) PARTITION BY HASH (repository_id);

CREATE TABLE embeddings_partitioned_0 PARTITION OF embeddings_partitioned
    FOR VALUES WITH (modulus 4, remainder 0);
CREATE INDEX idx_embeddings_partitioned_0_vector ON embeddings_partitioned_0
    USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX idx_embeddings_partitioned_0_chunk_id ON embeddings_partitioned_0 (chunk_id);
CREATE INDEX idx_embeddings_partitioned_0_repository_id ON embeddings_partitioned_0 (repository_id);
CREATE INDEX idx_embeddings_partitioned_0_deleted_at ON embeddings_partitioned_0 (deleted_at);
CREATE TABLE embeddings_partitioned_1 PARTITION OF embeddings_partitioned
    FOR VALUES WITH (modulus 4, remainder 1);
CREATE INDEX idx_embeddings_partitioned_1_vector ON embeddings_partitioned_1
    USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX idx_embeddings_partitioned_1_chunk_id ON embeddings_partitioned_1 (chunk_id);
CREATE INDEX idx_embeddings_partitioned_1_repository_id ON embeddings_partitioned_1 (repository_id);
CREATE INDEX idx_embeddings_partitioned_1_deleted_at ON embeddings_partitioned_1 (deleted_at);
CREATE TABLE embeddings_partitioned_2 PARTITION OF embeddings_partitioned
    FOR VALUES WITH (modulus 4, remainder 2);
CREATE INDEX idx_embeddings_partitioned_2_vector ON embeddings_partitioned_2
    USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX idx_embeddings_partitioned_2_chunk_id ON embeddings_partitioned_2 (chunk_id);
CREATE INDEX idx_embeddings_partitioned_2_repository_id ON embeddings_partitioned_2 (repository_id);
CREATE INDEX idx_embeddings_partitioned_2_deleted_at ON embeddings_partitioned_2 (deleted_at);
CREATE TABLE embeddings_partitioned_3 PARTITION OF embeddings_partitioned
    FOR VALUES WITH (modulus 4, remainder 3);
CREATE INDEX idx_embeddings_partitioned_3_vector ON embeddings_partitioned_3
    USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);
CREATE INDEX idx_embeddings_partitioned_3_chunk_id ON embeddings_partitioned_3 (chunk_id);
CREATE INDEX idx_embeddings_partitioned_3_repository_id ON embeddings_partitioned_3 (repository_id);
CREATE INDEX idx_embeddings_partitioned_3_deleted_at ON embeddings_partitioned_3 (deleted_at);

CREATE FUNCTION add_embeddings_partition(partition_name text, modulus integer, remainder integer)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE codechunking.%I PARTITION OF codechunking.embeddings_partitioned '
                   'FOR VALUES WITH (modulus %s, remainder %s)', partition_name, modulus, remainder);
END
$$;
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
