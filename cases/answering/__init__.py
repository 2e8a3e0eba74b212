"""The public reply: drafted, approved, published, taken back; what it may have revealed."""
