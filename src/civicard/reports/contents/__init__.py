"""What the four official Chinese documents say: one module a document, and the tables and words they share.

Everything printed comes from an evaluation. Whatever is not known is printed as such, never as 0 or as nothing.
"""
