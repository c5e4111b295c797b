"""What to do next, given what has happened: pure, so that every case can be tried."""
