-- A code by which somebody goes on at another screen is worth what the session is worth in which it was made: the session ends,
-- and the code is over. Codes made before this one know no session and are over too; they live ten minutes.
ALTER TABLE registration_codes ADD COLUMN session_id TEXT;
