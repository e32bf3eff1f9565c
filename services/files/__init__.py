"""Files of residents: limits, kinds, fetching, sealing, binding to cases, serving."""
