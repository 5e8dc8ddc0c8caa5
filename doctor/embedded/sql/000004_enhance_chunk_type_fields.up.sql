SET search_path TO codechunking, public;

ALTER TABLE code_chunks
    ADD COLUMN qualified_name varchar(512),
    ADD COLUMN signature text,
    ADD COLUMN visibility varchar(20);
CREATE INDEX idx_code_chunks_qualified_name ON code_chunks (qualified_name);
CREATE INDEX idx_code_chunks_visibility ON code_chunks (visibility);
UPDATE code_chunks SET chunk_type = 'fragment' WHERE chunk_type = 'code';
