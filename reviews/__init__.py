"""Where reviews come from and replies go to: one file per platform, all alike."""
