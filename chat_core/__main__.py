"""`python -m chat_core` is `wattline`."""

from chat_core.cli.commands import main

if __name__ == "__main__":
    main()
