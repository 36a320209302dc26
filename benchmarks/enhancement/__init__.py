"""What enhancing brings, and what it costs."""
