"""Packing: the bench that takes scans, and the labels that it scans; called by the admin."""
