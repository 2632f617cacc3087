"""Weights of other programs: Torch7 and PyTorch files to model directories, and back.

`converter.py` is the way in. `torch7.py` and `pytorch.py` read files into plain arrays, `names.py`
has the tables of names, `origins.py` what each program's pictures look like to its network,
`kernels.py` the layouts of arrays.
"""
