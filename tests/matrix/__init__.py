"""Every role and scope against every address: `expectations` says who may, the rest finds out."""
