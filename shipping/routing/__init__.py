"""By which provider a parcel goes, by the rules of staff: in Python for one, in SQL for many.

Called by services, schedules, dispatch and what staff do.
"""
