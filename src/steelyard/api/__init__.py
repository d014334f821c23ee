"""The Python face: commands and events as typed objects, tables as frames, one engine to try things with."""
