"""The exceptions queue over HTTP: what somebody must look at, and what can be done about it."""
