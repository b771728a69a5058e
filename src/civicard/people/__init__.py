"""The people: the base register of citizens, its ID numbers, ages and residence permits."""
