"""How good a detector is on labelled folders: figures as the papers print them, and what else could explain them."""
