SET search_path TO codechunking, public;

UPDATE repositories SET status = 'completed' WHERE status = 'indexed';
