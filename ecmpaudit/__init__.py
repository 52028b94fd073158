"""Audit equal-cost multipath (ECMP) to load-balanced addresses, from route tables of FRR, BIRD and Linux."""

__version__ = "0.1.0"
