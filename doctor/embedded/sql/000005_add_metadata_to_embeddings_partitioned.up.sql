BEGIN;
SET search_path TO codechunking, public;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER TABLE embeddings_partitioned
    ADD COLUMN language varchar(50),
    ADD COLUMN chunk_type varchar(50),
    ADD COLUMN file_path varchar(512);
CREATE INDEX idx_embeddings_partitioned_language ON embeddings_partitioned (language)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_embeddings_partitioned_chunk_type ON embeddings_partitioned (chunk_type)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_embeddings_partitioned_file_path_trgm ON embeddings_partitioned USING gin (file_path gin_trgm_ops)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_embeddings_partitioned_repo_lang ON embeddings_partitioned (repository_id, language)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_embeddings_partitioned_repo_type ON embeddings_partitioned (repository_id, chunk_type)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_embeddings_partitioned_lang_type ON embeddings_partitioned (language, chunk_type)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_embeddings_partitioned_repo_lang_type
    ON embeddings_partitioned (repository_id, language, chunk_type)
    WHERE deleted_at IS NULL;
COMMIT;
