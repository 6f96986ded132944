"""What is decided about a parcel or a schedule, by staff or a client; called by admin and API."""
