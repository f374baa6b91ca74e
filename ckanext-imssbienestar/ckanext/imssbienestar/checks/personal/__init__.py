"""Personal data in a table: detectors, combinations, verdicts. Rules: ``schemas/personal_data``."""
