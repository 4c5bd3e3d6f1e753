"""The configuration: what it may say, and how it is read; it must not open a wire or start anything."""
