"""Where resized frames are kept: ``data.cache``.

``none``
    Only the most recent frames of each process, 64 MiB of them: enough that windows read in the
    order of time decode no frame twice.
``ram``
    All frames, in memory that forked workers share; workers started otherwise fill their own.
``disk``
    All frames, a mapped file a clip, for all runs; see ``disk.py``.

Several workers and processes may fill a cache at once: frames appear whole or not at all. What a
cache hands out is not to be written to.
"""
