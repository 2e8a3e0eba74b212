"""A history lived again by the real rules, with nothing stored."""
