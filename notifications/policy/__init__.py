"""What staff and customers decided: rules, channels, hours, opt-outs; called by composition and
delivery."""
