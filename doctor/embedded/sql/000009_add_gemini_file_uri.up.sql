-- No schema and no search_path, as in the program's own file: it works only in the session that ran 8 before.
ALTER TABLE batch_job_progress ADD COLUMN gemini_file_uri text;
