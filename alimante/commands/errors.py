"""What a command may end with that is the user's or the machine's doing: a sentence and an exit code."""


class CommandFailed(Exception):
    """The command could not do its work; the message is one sentence for the user. `code` is the exit code."""

    code = 1


class BadUse(CommandFailed):
    """What was asked cannot be meant."""

    code = 2
