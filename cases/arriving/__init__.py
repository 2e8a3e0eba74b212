"""How a review reaches the record: sources, what comes by itself, what opens a case."""
