"""What the gateway joins out of several services' answers: pure functions over JSON values."""
