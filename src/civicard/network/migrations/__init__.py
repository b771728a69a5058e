"""How the tables of the network came to be."""
