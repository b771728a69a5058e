"""Invented cities: a scenario file becomes a lake of facts that the rules of the programme would allow.

It owns the scenarios, the generator and the invented people. It writes sealed facts only, marked `simulated`; it
never writes a database, and knows nothing of how an evaluation reads the lake.
"""
