BEGIN;
SET search_path TO codechunking, public;

UPDATE embeddings_partitioned AS e
    SET language = c.language, chunk_type = c.chunk_type, file_path = c.file_path
    FROM code_chunks AS c
    WHERE c.id = e.chunk_id AND e.language IS NULL;
ANALYZE embeddings_partitioned;
COMMIT;
