"""The two ends of each measured call: raw pika, stock nameko and the suite's chassis. Run as `python -m sides.<name>`."""
