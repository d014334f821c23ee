"""One replica: commands in order, durable before they are told, recovered after a crash, audited from the start."""
