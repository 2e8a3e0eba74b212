"""How mail gets in: fetched from a mailbox, or handed over by a mail server on this machine."""
