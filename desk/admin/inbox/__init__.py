"""Exceptions as a team's inbox: called by `desk/admin/cases.py`.

- `verbs`: take, hand over, note, snooze, as actions on the case itself;
- `together`: the same verb for many cases, with a preview and a report;
- `following`: which case comes next;
- `visits`: who has a case open;
- `facts`: the customer, order, address and parcel that a case is about;
- `steps`: what was done about it;
- `acting`: the pages of actions and verbs;
- `readable`: what the other side said, in words.
"""
