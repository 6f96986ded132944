"""Exports: a list of the admin becomes a file of its owner.

Called by the admin, tasks and the sweeper.
"""
