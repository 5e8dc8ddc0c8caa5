SET search_path TO codechunking, public;

ALTER TABLE batch_job_progress ADD COLUMN repository_id uuid;
CREATE INDEX idx_batch_job_progress_repository_id ON batch_job_progress (repository_id)
    WHERE repository_id IS NOT NULL;
