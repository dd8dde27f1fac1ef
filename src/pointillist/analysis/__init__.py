"""Pure computation on arrays: no file, no session, no widget."""
