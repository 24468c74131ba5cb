-- A device goes with its authorization: the sweep of those finds it here.
CREATE INDEX devices_grant ON devices (operator_id, grant_id);
