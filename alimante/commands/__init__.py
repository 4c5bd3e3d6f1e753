"""What the command line does, one file per kind of command; it must not be imported by the supervisor."""
