"""
Changes to records before and after somebody decided about them.

`reading` takes what a person or a program wrote and says all that is wrong; `rows` works out what accepting it adds;
`joined` gives the data with what was accepted; `effects` tells what that changes.
"""
