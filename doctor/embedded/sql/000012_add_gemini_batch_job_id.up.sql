SET search_path TO codechunking, public;

ALTER TABLE batch_job_progress ADD COLUMN gemini_batch_job_id text;
CREATE INDEX idx_batch_job_progress_gemini_job_id ON batch_job_progress (gemini_batch_job_id)
    WHERE gemini_batch_job_id IS NOT NULL;
CREATE INDEX idx_batch_job_progress_pending_gemini ON batch_job_progress (status, gemini_batch_job_id)
    WHERE status = 'processing' AND gemini_batch_job_id IS NOT NULL;
