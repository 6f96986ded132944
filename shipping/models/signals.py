"""What others may want to know of parcels. Receivers live in the apps that listen."""

from django.dispatch import Signal

# Carriers reported references that are no parcel's of ours: `ids` of the tracking events. Sent
# before they become cases; who knows one sets its `applied_at`, and none is opened for it.
events_parked = Signal()

# What is in these parcels, which nobody has yet, is what their order holds now: `parcels`, saved.
# Sent in the transaction of the change, with the order locked; who cannot follow raises
# TransitionNotAllowedError, in words for whoever changes it, and nothing is changed.
contents_changed = Signal()
