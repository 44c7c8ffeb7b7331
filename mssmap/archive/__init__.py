"""
Archives: events too many for the browser, kept as GeoParquet beside the store and asked by window, box and filter.

`writer` makes one with bounded memory, `shelf` keeps and lists them, `queries` says what can be asked (written once
with Ibis), `engine` runs it. Importing this loads nothing heavy.
"""
