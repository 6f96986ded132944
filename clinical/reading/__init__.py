"""What clinicians do with studies: write, sign and amend reports."""
