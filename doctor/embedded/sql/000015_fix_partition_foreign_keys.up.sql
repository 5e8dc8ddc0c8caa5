SET search_path TO codechunking, public;

DO $$
DECLARE
    number integer;
BEGIN
    FOR number IN 0..3 LOOP
        EXECUTE format('ALTER TABLE embeddings_partitioned_%s
            ADD CONSTRAINT fk_embeddings_partitioned_%s_chunk_id
                FOREIGN KEY (chunk_id) REFERENCES code_chunks (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            ADD CONSTRAINT fk_embeddings_partitioned_%s_repository_id
                FOREIGN KEY (repository_id) REFERENCES repositories (id) ON DELETE CASCADE
                DEFERRABLE INITIALLY DEFERRED', number, number, number);
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'foreign keys of partitions: %', SQLERRM;
END
$$;
