"""The real wires of a Linux board; they must not know any chip."""
