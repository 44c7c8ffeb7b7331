"""The planner's parts: the plan in hand, what it reaches, and where the next base could go."""
