"""Fast and forgettable: nothing here is needed to know what anybody owns."""
