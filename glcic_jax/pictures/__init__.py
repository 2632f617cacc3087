"""Picture files: orientation, modes, metadata, masks, sheets. Pillow only."""
