SET search_path TO codechunking, public;

ALTER TABLE repositories
    ADD COLUMN zoekt_index_status varchar(20) NOT NULL DEFAULT 'pending',
    ADD COLUMN embedding_index_status varchar(20) NOT NULL DEFAULT 'pending',
    ADD COLUMN zoekt_last_indexed_at timestamp,
    ADD COLUMN zoekt_shard_count integer NOT NULL DEFAULT 0,
    ADD COLUMN zoekt_commit_hash varchar(40),
    ADD CONSTRAINT chk_zoekt_index_status
        CHECK (zoekt_index_status IN ('pending', 'indexing', 'completed', 'failed', 'partial')),
    ADD CONSTRAINT chk_embedding_index_status
        CHECK (embedding_index_status IN ('pending', 'generating', 'completed', 'failed', 'partial'));
CREATE INDEX idx_repositories_zoekt_status ON repositories (zoekt_index_status);
CREATE INDEX idx_repositories_embedding_status ON repositories (embedding_index_status);
UPDATE repositories SET embedding_index_status = 'completed' WHERE status = 'completed';
