"""The command line: parse, call one query or action, print. No decisions are made here."""
