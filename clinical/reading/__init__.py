"""What clinicians do with studies: take them from the worklist, report, sign and amend them."""
