SET search_path TO codechunking, public;

CREATE INDEX idx_code_chunks_repo_path_lines_active
    ON code_chunks (repository_id, file_path, start_line, end_line)
    WHERE deleted_at IS NULL;
