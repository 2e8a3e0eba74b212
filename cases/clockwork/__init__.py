"""Promises with a deadline: when due, who is told, paused, extended, moved, audited."""
