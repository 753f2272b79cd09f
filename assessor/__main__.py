"""`python -m assessor`: the same as `gitops-assess`."""

from assessor.cli import main

if __name__ == "__main__":
    main()
