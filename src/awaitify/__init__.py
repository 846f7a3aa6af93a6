"""The driver of awaitify: finds files, runs the codemods, shows what they do."""


def installed_version() -> str:
    """Return the version of the package; a checkout that is not installed has none."""
    # Loaded late: it is slow to import, and rarely asked for.
    from importlib import metadata

    try:
        return metadata.version("awaitify")
    except metadata.PackageNotFoundError:
        return "unknown"
