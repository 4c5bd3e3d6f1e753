"""The real supervisor in virtual time, on simulated wires, with faults; the supervisor must not know it."""
