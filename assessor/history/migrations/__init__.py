"""The revisions of a store's tables. A new one gets a module in `versions`, and `upgrading.HEAD` its name."""
