"""The command line: one file a command, torch-free at import."""
