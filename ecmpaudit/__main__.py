"""`python -m ecmpaudit` is the same as the `ecmpaudit` command."""

from ecmpaudit.cli.main import main

if __name__ == "__main__":
    main()
