"""Results turned into things to look at: figures, tables, files. No Streamlit here."""
