"""Laboratories as they are: late, doubling, correcting, mixing people up."""
