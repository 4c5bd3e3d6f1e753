"""Virtual time and scenarios around the real supervisor; the supervisor must not know it."""
