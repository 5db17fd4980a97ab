"""How replies are read: characters, amounts, sentences, stances, splits; one reading or none."""
