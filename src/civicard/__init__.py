"""Civicard runs a city's social security card programme and proves what it achieved.

Each package here is one layer: it imports only from the layers below its own. The list of layers, which the
gate holds, is in `pyproject.toml`; what each layer owns is said in its own docstring.
"""

__all__ = ["__version__"]

# A literal, because reading it from the installed package's metadata slows the start of every command.
__version__ = "0.1.0"
