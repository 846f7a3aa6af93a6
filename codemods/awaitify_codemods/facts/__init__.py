"""What files say: one file's facts, names across files, what functions do."""
