"""One module per analysis turns a result into a table; ``format.py`` is the only file that rounds."""
