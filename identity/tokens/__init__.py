"""Access tokens: who calls the API, and what for; called by the API's authentication, views and
sign-in."""
