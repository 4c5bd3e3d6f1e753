"""The far side of the wires, one module per driver and named like it, written from the data sheets."""
