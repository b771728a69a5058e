"""How the tables of governance came to be."""
