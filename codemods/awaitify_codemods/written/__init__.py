"""What a fix writes into a suite: helpers as plain code, which the suite then owns."""
