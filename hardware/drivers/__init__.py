"""One chip per file, synchronous, the wire injected; drivers must not know whether a wire is real."""
