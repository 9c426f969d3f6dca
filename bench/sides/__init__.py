"""Both ends of each measured call: raw pika, stock nameko, the suite's chassis. Run as `python -m sides.<name>`."""
