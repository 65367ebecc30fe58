"""Videos read with PyAV: containers, exact places in them."""
