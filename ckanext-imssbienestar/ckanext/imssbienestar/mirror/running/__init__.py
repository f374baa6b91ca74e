"""A run: who works on which dataset, in what order, and when it stops."""
