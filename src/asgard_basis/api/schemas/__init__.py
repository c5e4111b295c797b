"""Request and response shapes; money as decimal text, times as ISO 8601 UTC."""
