"""The written policy: its shapes, how a file of it is read, how it reads as a document."""
