"""UnivFD's feature bank: real and generated pictures as CLIP sees them, and which of them are nearest to a picture in question."""
