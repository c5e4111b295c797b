-- Leave to carry money between the chains: whoever gave leave before was told that nothing crosses.
ALTER TABLE move_consents ADD COLUMN may_cross boolean NOT NULL DEFAULT false;
