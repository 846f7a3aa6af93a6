"""Acme's rules for awaitify."""

from acme_codemods.sleep_zero import SleepZero

RULES = (SleepZero,)
