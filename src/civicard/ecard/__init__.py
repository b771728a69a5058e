"""The electronic card: signed on a phone, one to one with a physical card. Its facts so far; the rest is to come."""
