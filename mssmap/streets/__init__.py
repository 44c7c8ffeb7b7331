"""
Streets of the offline map, made of one extract of OpenStreetMap: tiles to draw, and the roads that one drives on.

A file from outside is read in the jail (`extract_job`, `pmtiles_job`, `bundle_job`); what comes back is cut into tiles
(`cutting`) and kept as one zip, which is also what can be handed on (`shelf`). Importing this loads nothing heavy.
"""
