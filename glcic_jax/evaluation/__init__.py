"""Scoring models beside the classical baselines.

`choice.py` reads which pictures and holes are meant (`holes.py`), and `manifest.py` fixes them;
`names.py` and `entrants.py` are who completes them. `evaluate.py` has all completed, and sums up by
`groups.py` and `bootstrap.py`: scores of a picture are in `scoring.py` (and `texture.py`), of all
together in `texture_scores.py` and `features.py`. `results.py` writes the folder, `report.py` and
`score_table.py` what people read of it.
"""
