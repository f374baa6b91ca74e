"""Benchmarks, each against its peer in the same run; ``scripts/bench NAME`` runs bench_NAME."""
