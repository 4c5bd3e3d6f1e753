"""Everything that knows a chip or a wire; it must not know Alimante's policy, its event loop or its configuration."""
