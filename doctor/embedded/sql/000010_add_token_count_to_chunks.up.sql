SET search_path TO codechunking, public;

ALTER TABLE code_chunks
    ADD COLUMN token_count integer,
    ADD COLUMN token_counted_at timestamptz;
CREATE INDEX idx_code_chunks_token_count ON code_chunks (token_count) WHERE token_count IS NOT NULL;
CREATE INDEX idx_code_chunks_repo_token_count ON code_chunks (repository_id, token_count)
    WHERE token_count IS NOT NULL AND deleted_at IS NULL;
