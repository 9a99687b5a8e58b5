"""Training: labelled folders in, weights and their card out. Nothing of the screen or of verdicts is known here."""
