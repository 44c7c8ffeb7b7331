"""
Layers and tables as files that carry their proof, and the check of such a file.

`selection` and `formats` say what is asked for, `parts` reads it, `kept` says what a format keeps, `proof` writes it
down, `bundle` makes the file, `verify` opens one again. Rows are compared in the form of `canonical`.
"""
