"""The demonstration: the sample tables the whole way, through the public API of both catalogues."""
