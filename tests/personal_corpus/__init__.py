"""Synthetic tables with and without personal data: the guard's labelled corpus.

No person in it exists. Names come from Faker's lists, numbers from a seeded generator, check
digits from python-stdnum: another author's code than the one under test.
"""
