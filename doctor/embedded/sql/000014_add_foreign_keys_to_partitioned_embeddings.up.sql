SET search_path TO codechunking, public;

DELETE FROM embeddings_partitioned AS e
    WHERE NOT EXISTS (SELECT FROM code_chunks AS c WHERE c.id = e.chunk_id)
       OR NOT EXISTS (SELECT FROM repositories AS r WHERE r.id = e.repository_id);
ALTER TABLE embeddings_partitioned
    ADD CONSTRAINT fk_embeddings_partitioned_chunk_id
        FOREIGN KEY (chunk_id) REFERENCES code_chunks (id) ON DELETE CASCADE,
    ADD CONSTRAINT fk_embeddings_partitioned_repository_id
        FOREIGN KEY (repository_id) REFERENCES repositories (id) ON DELETE CASCADE;
