"""What was written for old versions: of Python, and of libraries that tests use."""
