"""The desk: a form by which facts enter the inbox, and the inbox in which they are decided."""
