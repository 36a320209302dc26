"""Files that mean harm, made here: damaged photos of every format, bombs, feeds, policies."""
