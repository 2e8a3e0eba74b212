"""What may stand in a public reply, or in a message to a patient: findings with their spans."""
