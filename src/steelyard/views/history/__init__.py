"""History in SQL: what happened, written behind the venue, asked for page by page."""
