"""What a running command shows and how it ends: progress, signals, standard output, exit codes."""
