"""The doorbell: how the workers are told that there is something to do."""
