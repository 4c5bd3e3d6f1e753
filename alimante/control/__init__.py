"""Pure controllers: from what is believed and the local time to wishes for outputs; they must not touch a device."""
