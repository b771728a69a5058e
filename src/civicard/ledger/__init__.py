"""The ledger: typed facts, appended and never changed; seals; the lake of sealed Parquet files; its checking.

Owns what all facts share (`kinds`), the table of facts that are not sealed yet, the lake's layout and the chain of
seals. What a fact means belongs to the app that declares its kind in `facts.py`.
"""
