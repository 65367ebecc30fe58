"""What each way of training the same model costs: full, frozen, LoRA, QLoRA. Imports no torch."""
