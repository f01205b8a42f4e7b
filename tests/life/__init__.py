"""What happens to a model after its training: versions, delivery, kills, guards."""
