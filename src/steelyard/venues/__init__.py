"""Venue profiles: rules as dated data with sources, read from TOML, checked, and turned into configuration commands."""
