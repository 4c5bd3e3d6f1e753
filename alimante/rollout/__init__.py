"""A changed configuration as a transaction; it must not know how outputs are made safe or what a device is."""
