"""Short trials: what a plan costs on this machine, measured by doing it a few times on random pictures."""
