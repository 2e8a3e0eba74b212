"""The rules and the record: what a case is, what it must show, what is written down."""
