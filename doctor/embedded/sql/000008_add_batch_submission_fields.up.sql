SET search_path TO codechunking, public;

ALTER TABLE batch_job_progress
    ADD COLUMN batch_request_data bytea,
    ADD COLUMN submission_attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN next_submission_at timestamptz;
ALTER TABLE batch_job_progress DROP CONSTRAINT chk_status_valid;
ALTER TABLE batch_job_progress ADD CONSTRAINT chk_status_valid
    CHECK (status IN ('pending', 'pending_submission', 'processing', 'completed', 'failed', 'retry_scheduled'));
CREATE INDEX idx_batch_job_progress_pending_submission
    ON batch_job_progress (status, next_submission_at, created_at)
    WHERE status = 'pending_submission';
