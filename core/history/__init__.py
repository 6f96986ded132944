"""Who changed what of a record, when and why: written by triggers, read by pages and the API; apps
track their models with it."""
