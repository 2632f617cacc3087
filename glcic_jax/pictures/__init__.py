"""Picture files: orientation, modes, metadata, masks, sheets. Pillow only.

Files: `image_files.py` opens and writes them, with `mending.py`, `tiff_layouts.py`, `depth.py`,
`limits.py` and, where that fails, `unreadable.py`. `photographs.py` adds what describes a
photograph (`color_profiles.py`), and fits it into its format (`palettes.py`). `modes.py` makes
arrays of any mode and back; `sheets.py` lays pictures out, with names below (`captions.py`).

Holes: `mask_meaning.py` alone decides what a mask means (`grey_photographs.py` and
`painted_over.py` know what is none); `masks.py` finds a hole in a mask, alpha or colour, and
`given_holes.py` that of each picture which a command is given.

Which files: `pairing.py` with `globs.py` and `mask_folder.py`; `left_out.py` names the others.
"""
