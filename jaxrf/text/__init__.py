"""Text as it is shown: tables in every form, printable names, paths."""
