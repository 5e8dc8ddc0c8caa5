CREATE SCHEMA IF NOT EXISTS codechunking;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION IF NOT EXISTS vector SCHEMA codechunking;

-- Stays for the rest of the session, as later files rely on it.
SET search_path TO codechunking, public;

CREATE TABLE repositories (
    id uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    url varchar(512) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    description text,
    default_branch varchar(100),
    last_indexed_at timestamptz,
    last_commit_hash varchar(40),
    total_files integer DEFAULT 0,
    total_chunks integer DEFAULT 0,
    status varchar(50) DEFAULT 'pending',
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    deleted_at timestamptz
);
CREATE INDEX idx_repositories_url ON repositories (url);
CREATE INDEX idx_repositories_status ON repositories (status);
CREATE INDEX idx_repositories_deleted_at ON repositories (deleted_at);

CREATE TABLE indexing_jobs (
    id uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    repository_id uuid REFERENCES repositories (id) ON DELETE CASCADE,
    status varchar(50) NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    error_message text,
    files_processed integer DEFAULT 0,
    chunks_created integer DEFAULT 0,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    deleted_at timestamptz
);
CREATE INDEX idx_indexing_jobs_repository_id ON indexing_jobs (repository_id);
CREATE INDEX idx_indexing_jobs_status ON indexing_jobs (status);
CREATE INDEX idx_indexing_jobs_deleted_at ON indexing_jobs (deleted_at);

CREATE TABLE code_chunks (
    id uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    repository_id uuid REFERENCES repositories (id) ON DELETE CASCADE,
    file_path varchar(512) NOT NULL,
    chunk_type varchar(50) NOT NULL,
    content text NOT NULL,
    language varchar(50) NOT NULL,
    start_line integer NOT NULL,
    end_line integer NOT NULL,
    entity_name varchar(255),
    parent_entity varchar(255),
    content_hash varchar(64) NOT NULL,
    metadata jsonb,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    deleted_at timestamptz,
    UNIQUE (repository_id, file_path, content_hash)
);
CREATE INDEX idx_code_chunks_repository_id ON code_chunks (repository_id);
CREATE INDEX idx_code_chunks_file_path ON code_chunks (file_path);
CREATE INDEX idx_code_chunks_language ON code_chunks (language);
CREATE INDEX idx_code_chunks_chunk_type ON code_chunks (chunk_type);
CREATE INDEX idx_code_chunks_deleted_at ON code_chunks (deleted_at);

CREATE TABLE embeddings (
    id uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    chunk_id uuid REFERENCES code_chunks (id) ON DELETE CASCADE,
    embedding vector(768),
    model_version varchar(50) NOT NULL,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    deleted_at timestamptz,
    UNIQUE (chunk_id, model_version)
);
CREATE INDEX idx_embeddings_chunk_id ON embeddings (chunk_id);
CREATE INDEX idx_embeddings_deleted_at ON embeddings (deleted_at);
CREATE INDEX idx_embeddings_vector ON embeddings
    USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64);

CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = CURRENT_TIMESTAMP;
    RETURN NEW;
END
$$;
CREATE TRIGGER update_repositories_updated_at BEFORE UPDATE ON repositories
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_indexing_jobs_updated_at BEFORE UPDATE ON indexing_jobs
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_code_chunks_updated_at BEFORE UPDATE ON code_chunks
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
