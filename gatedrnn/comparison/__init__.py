"""The comparison, from settings to verdict, effects in its folder alone; report, predict and commands import it."""
