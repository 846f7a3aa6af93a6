"""Every trap and every refusal that the patterns name, one test each."""
