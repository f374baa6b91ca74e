"""What the mirror remembers, written before and after each call."""
