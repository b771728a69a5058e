"""Measures: figures from the lake, each a relation of evidence rows written as SQL; they decide no points."""
