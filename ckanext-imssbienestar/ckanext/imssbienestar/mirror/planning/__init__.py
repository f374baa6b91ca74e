"""What should be done, decided from what is known: pure."""
