"""Which weights there are, where they come from, and whether the bytes on disk are those bytes. Nothing unchecked is parsed."""
