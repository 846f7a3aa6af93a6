"""What pytest-asyncio's strict mode asks of fixtures, tests and their markers."""
