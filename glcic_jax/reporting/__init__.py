"""A run as one page: reads a workdir's files, draws curves as SVG, and writes self-contained
HTML.
"""
