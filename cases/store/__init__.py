"""The only SQL: one writer, and reads named for the question they answer."""

from cases.store.database import StoreError
from cases.store.store import Store, open_store
from cases.store.writer import Applied

__all__ = ["Applied", "Store", "StoreError", "open_store"]
