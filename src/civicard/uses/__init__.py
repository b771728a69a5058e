"""Uses: what the card is used for, as the operators of applications report it. Its facts so far; the rest is to come."""
