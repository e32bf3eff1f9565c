"""How long what is kept: terms as data, and the letting go of what is past its term."""
