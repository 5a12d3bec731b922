"""What all tests share. The run's PostgreSQL and home come from tests/plugin.py, before Django's settings are read."""
