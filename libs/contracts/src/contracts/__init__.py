"""What crosses the bus: event and RPC schemas, error codes and golden messages.

One module or package for each producing service, owned by it. Schemas are shared, objects are not.
Imports: the standard library and marshmallow. No logic, no defaults that are decisions.
"""
