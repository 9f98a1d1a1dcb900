"""One module for each tool's file format."""
