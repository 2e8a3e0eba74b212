"""Everything by one command: Prefect's server, the engine and the console, kept alive."""
