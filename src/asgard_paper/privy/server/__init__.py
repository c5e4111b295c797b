"""The server API under /v1: what an application's back end calls with its app secret."""
