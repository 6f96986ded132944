"""Customers in the admin, with their addresses."""

from customers.admin.customers import CustomerAdmin

__all__ = ["CustomerAdmin"]
