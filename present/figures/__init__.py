"""One module per analysis turns a result into a figure; ``theme.py`` is the only file with colours."""
