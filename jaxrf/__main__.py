"""``python -m jaxrf``: the command line."""

from jaxrf.cli import run

if __name__ == "__main__":
    run()
