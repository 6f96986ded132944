"""Imports: uploaded, checked and looked at, applied. Called by the admin, tasks and the sweeper.

- `services`: what staff do with one;
- `work`: what a worker does with one;
- `previews`: what is kept to be looked at;
- `rights`: who may import what.
"""
