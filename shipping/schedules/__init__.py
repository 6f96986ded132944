"""When recurring orders ship: verbs, runs, forecasts; called by services, admin, API and tasks."""
