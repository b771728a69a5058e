"""Evaluation: programmes taken from files, results put on record, receipts, workbooks, forms and tables of units.

Owns what surrounds the pure scoring: where the inputs come from and what is kept of a result. How a result looks
on a page belongs to `reports`.
"""
