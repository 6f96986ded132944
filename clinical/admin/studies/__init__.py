"""Studies in the admin: their pages and lists (`pages`, `rows`), what is done with one (`verbs`,
`dialogs`), their files (`attachments`), and the `worklist`."""
