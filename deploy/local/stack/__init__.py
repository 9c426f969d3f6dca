"""The local stack: its own RabbitMQ node and PostgreSQL cluster, the services over them, the demo and the tests.

Everything listens on 127.0.0.1 only, lives in one directory (a "home") and is gone after `down`.
Modules that run before the environment exists use the standard library alone.
"""
