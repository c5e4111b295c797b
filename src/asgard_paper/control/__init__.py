"""The world's own port: time, money from nothing, the mailbox, faults, scenarios, the books."""
