"""What passes between the practice and a correspondent: how, and with what consent."""
