"""Keeping the libraries underneath from writing between our lines."""

import logging
import warnings


def silence_libraries() -> None:
    """Let transformers, its hub client and bitsandbytes log errors only, and draw no bars.

    Imports transformers: call it once the work is about to begin.
    """
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")  # for peft, not for us
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it logs while it is imported
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
