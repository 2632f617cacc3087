"""Weights of other programs: Torch7 and PyTorch files to model directories, and back.

`converter.py` is the way in. `foreign_files.py` reads files into plain arrays (`torch7.py` with
`torch7_modules.py`, `pytorch.py`), `wrappers.py` takes from their names what does not belong to the
network; `glcic_programs.py` and `context_encoder_programs.py` say how each program names its arrays
and sees pictures (`program.py`, `names.py`); `filling.py` puts arrays into our places, turned as
`kernels.py` says.
"""
