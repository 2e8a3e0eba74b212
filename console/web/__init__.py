"""What people and programs touch over HTTP: pages, the API. Writes through rules only."""
