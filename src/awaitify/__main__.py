"""``python -m awaitify``."""

from awaitify.cli import main

if __name__ == "__main__":
    main()
