"""What every layer may rely on: exact numbers, bilingual text, and refusals. Pure: no Django, no I/O."""
