"""Scoring models beside the classical baselines."""
