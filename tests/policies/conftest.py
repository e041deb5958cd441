"""Makes this folder's modules importable by the tests below it."""
