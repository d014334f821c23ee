"""The venue's door: one port for pages, REST and WebSocket; a request becomes commands here, events become answers."""
