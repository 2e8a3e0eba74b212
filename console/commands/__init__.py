"""The commands of the command line: one file per noun, each adds its own."""
