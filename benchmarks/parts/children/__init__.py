"""Programs that the benchmarks run as processes of their own; they must not print anything but their result."""
