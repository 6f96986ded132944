"""Files of studies: what is taken (`content`, `dicom`), where they are kept (`storage`), and the
verbs (`services`); called by the API, the admin and the sweeper."""
