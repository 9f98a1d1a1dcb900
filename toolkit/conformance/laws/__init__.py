"""Laws over several responses of one operation."""
