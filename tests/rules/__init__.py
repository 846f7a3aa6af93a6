"""One file for each rule: what its examples are too plain to show."""
