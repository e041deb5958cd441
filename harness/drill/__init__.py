"""The drill: real requests, a real fault, and a verdict that rests on what the clients saw."""
