"""How much memory a run will take, told by rehearsing it with tensors that hold nothing."""
