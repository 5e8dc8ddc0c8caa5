SET search_path TO codechunking, public;

CREATE TABLE batch_job_progress (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    indexing_job_id uuid NOT NULL REFERENCES indexing_jobs (id) ON DELETE CASCADE,
    batch_number integer NOT NULL,
    total_batches integer NOT NULL,
    chunks_processed integer NOT NULL DEFAULT 0,
    status varchar(50) NOT NULL DEFAULT 'pending',
    retry_count integer NOT NULL DEFAULT 0,
    next_retry_at timestamptz,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT chk_batch_number_positive CHECK (batch_number > 0),
    CONSTRAINT chk_batch_number_within_total CHECK (batch_number <= total_batches),
    CONSTRAINT chk_chunks_processed_non_negative CHECK (chunks_processed >= 0),
    CONSTRAINT chk_retry_count_non_negative CHECK (retry_count >= 0),
    CONSTRAINT chk_status_valid
        CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'retry_scheduled')),
    CONSTRAINT uq_batch_job_progress_job_batch UNIQUE (indexing_job_id, batch_number)
);
CREATE INDEX idx_batch_job_progress_indexing_job_id ON batch_job_progress (indexing_job_id);
CREATE INDEX idx_batch_job_progress_status ON batch_job_progress (status);
CREATE INDEX idx_batch_job_progress_next_retry_at ON batch_job_progress (next_retry_at)
    WHERE next_retry_at IS NOT NULL;
CREATE INDEX idx_batch_job_progress_retry_ready ON batch_job_progress (status, next_retry_at)
    WHERE status = 'retry_scheduled';
