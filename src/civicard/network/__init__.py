"""The network: districts, their centres, the stations where cards are applied for and picked up."""
