SET search_path TO codechunking, public;

ALTER TABLE connectors
    ADD COLUMN groups jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN projects jsonb NOT NULL DEFAULT '[]';
UPDATE connectors SET connector_type = 'gitlab' WHERE connector_type = 'gitlab_group';
