SET search_path TO codechunking, public;

ALTER TABLE repositories ADD COLUMN normalized_url varchar(512);
UPDATE repositories
    SET normalized_url = rtrim(regexp_replace(regexp_replace(lower(url), '^http://', 'https://'), '(\.git)?/*$', ''), '/');
ALTER TABLE repositories ALTER COLUMN normalized_url SET NOT NULL;
ALTER TABLE repositories ADD CONSTRAINT uk_repositories_normalized_url UNIQUE (normalized_url);
CREATE INDEX idx_repositories_normalized_url ON repositories (normalized_url);
