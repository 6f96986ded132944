"""What can be imported from files; registered in `orders/apps.py`."""
