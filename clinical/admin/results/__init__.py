"""Results of laboratories in the admin: their page (`pages`), what is decided about one (`verbs`,
`dialogs`), what it shows (`facts`), what staff set for all (`settings`), and `samples`."""
