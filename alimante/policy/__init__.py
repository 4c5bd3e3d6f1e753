"""Pure decisions: functions of state, input and time; they must not wait, log or ask for the time."""
