"""What stands between the network and the app: who asks, what they may have, how often, and how it is answered."""
