"""What can be wrong with labelled clips beyond their layout: one file a kind of finding."""
