"""The demonstration: takes the sample tables the whole way through the two catalogues' public API."""
