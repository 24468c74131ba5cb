-- Which set-top box of the station a television's code was asked for by; empty: by none.
ALTER TABLE device_codes ADD COLUMN box_id TEXT NOT NULL DEFAULT '';
