"""Sending messages and recording the answers; called by tasks, sweeper and services."""
