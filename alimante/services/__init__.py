"""One asyncio task each; services must not know one another and meet on the event bus."""
