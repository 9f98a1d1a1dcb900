"""Contract testing and schema toolkit: one contract, JSON and XML, live or recorded."""
