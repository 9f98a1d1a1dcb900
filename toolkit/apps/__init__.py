"""Applications that speak HTTP: the reference service, its tasks, and what serves them."""
