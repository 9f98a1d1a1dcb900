"""What is secret in an exchange, and what stands in its place where it is shown or kept."""
