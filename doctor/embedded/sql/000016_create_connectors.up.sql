SET search_path TO codechunking, public;

CREATE TABLE connectors (
    id uuid PRIMARY KEY DEFAULT uuid_generate_v4(),
    name varchar(255) NOT NULL UNIQUE,
    connector_type varchar(50) NOT NULL,
    base_url varchar(512) NOT NULL,
    auth_token text,
    status varchar(50) NOT NULL DEFAULT 'pending',
    repository_count integer NOT NULL DEFAULT 0,
    last_sync_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_connectors_connector_type ON connectors (connector_type);
CREATE INDEX idx_connectors_status ON connectors (status);
CREATE INDEX idx_connectors_name ON connectors (name);
CREATE TRIGGER update_connectors_updated_at BEFORE UPDATE ON connectors
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
