"""The conformance kits that plugin authors subclass."""
