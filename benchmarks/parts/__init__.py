"""The parts of the benchmarks; they must not judge the code by anything but what was measured in this run."""
