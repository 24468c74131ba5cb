-- What a code a box shows is for: RECOVERY (who forgot the password) or REGISTRATION (the owner, the first time).
ALTER TABLE tv_codes ADD COLUMN purpose TEXT NOT NULL DEFAULT 'RECOVERY';
