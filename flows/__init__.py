"""What Prefect runs: orchestration only, no rules and no SQL."""
