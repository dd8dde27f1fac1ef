"""One module per widget that is measured."""
