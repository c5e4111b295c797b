"""`python -m asgard_basis` is the same as `basis`."""

from asgard_basis.cli.main import main

if __name__ == "__main__":
    main()
