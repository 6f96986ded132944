"""What others may want to know of customers. Receivers live in the apps that listen."""

from django.dispatch import Signal

# A customer who had none has an address: `address`, `by`. Sent in the transaction in which it is
# added; each receiver gives the names of what it did something about, such as orders' numbers.
first_address_added = Signal()

# An address is another now: `customer`, the `lines` that it had, and those that took their place
# (`now`). Each receiver gives the ids of the schedules that still send there.
address_replaced = Signal()
