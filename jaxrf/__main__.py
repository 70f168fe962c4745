"""``python -m jaxrf``: the command line."""

from jaxrf.cli.main import run

if __name__ == "__main__":
    run()
