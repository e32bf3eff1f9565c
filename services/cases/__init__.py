"""What all cases share: number, states, versions, events, legal clocks, assignments."""
