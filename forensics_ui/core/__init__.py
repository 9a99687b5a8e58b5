"""Plain types, errors and settings. Knows nothing of torch, Pillow or the screen."""
